"""How an event is judged: rules, scorers, policy, verdicts, and learning from labels. No input or output here."""
