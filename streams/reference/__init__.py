"""Reference data: fetching it, saying what there is, and noticing that it changed."""
