"""`python -m mainstay`."""

from mainstay.cli import main

main()
