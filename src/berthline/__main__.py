"""Runs the `berthline` command as `python -m berthline`."""

from berthline.cli.main import main

main()
