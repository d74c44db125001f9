"""The app of all commands, with the scripts of completion."""

from segcli.cli import completion
from segcli.cli.commands import build_app

completion.hand_to_typer()
app = build_app()
