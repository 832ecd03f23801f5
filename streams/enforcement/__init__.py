"""What is enforced at present, folded from the verdicts: by target, the decisions that hold."""
