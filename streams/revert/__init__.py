"""Undo: what a rule did in a span of event time is taken back, by verdicts that correct those in which it decided."""
