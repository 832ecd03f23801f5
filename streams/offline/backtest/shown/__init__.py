"""A report as people read it: on a terminal, and as one page of HTML that needs nothing else."""
