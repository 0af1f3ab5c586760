"""``python -m heald``: the command line."""

from heald.cli import main

main(prog_name="heald")
