"""The demo: real mail and simulated attacks through the whole pipeline, watched live, summed up from the index."""
