"""``python -m outcomes`` is the command ``outcomes``."""

from outcomes.cli import main

main()
