"""Memory of the feature store, measured: made-up entities in a Redis that holds nothing else."""
