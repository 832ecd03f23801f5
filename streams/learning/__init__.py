"""What feeds the learner: its logs in one order, decisions that it does not remember, and texts of events."""
