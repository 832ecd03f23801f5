"""Learning from late labels: join by decision, order of authority, exactly once."""
