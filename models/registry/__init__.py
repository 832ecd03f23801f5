"""Where model checkpoints are kept: content-addressed, signed, and never read unless the signature holds."""
