"""The app of all commands, with the scripts of completion."""

from segcli.cli import completion
from segcli.cli.commands import build_app

completion.register_scripts()
app = build_app()
