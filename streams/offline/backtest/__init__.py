"""Backtests: recorded or recomputed decisions through two bundles, over processes or machines, and the report."""
