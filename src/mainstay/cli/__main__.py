"""`python -m mainstay.cli`."""

from mainstay.cli import main

main()
