"""`python -m segcli` is the `segcli` command."""

from segcli.cli import leave

leave()
