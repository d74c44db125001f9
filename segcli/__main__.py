"""`python -m segcli` is the `segcli` command."""

from segcli.cli import run_and_exit

run_and_exit()
