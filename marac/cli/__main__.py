"""`python -m marac.cli`: the same as the `marac` command."""

from marac.cli import main

main()
