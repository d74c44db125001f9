"""Entry point of `python -m segcli`, the same as the `segcli` command."""

from segcli.cli import run_and_exit

run_and_exit()
