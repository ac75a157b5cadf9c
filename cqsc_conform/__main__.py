"""Lets ``python -m cqsc_conform`` be the command line."""

from cqsc_conform.cli import main

main()
