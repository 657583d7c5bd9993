"""``python -m app`` is ``dateline``."""

from app.cli import main

main()
