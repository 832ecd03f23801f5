"""Reports as one page of HTML each: whole in itself, readable in dark and light, and nothing in it can act."""
