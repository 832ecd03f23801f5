"""How good Weir's models are: every figure by test-then-train in time order, beside others in the same run."""
