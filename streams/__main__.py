"""``python -m streams`` is ``weir``."""

from streams.cli.main import main

main()
