"""The app with all commands and the scripts for tab completion."""

from segcli.cli import completion
from segcli.cli.commands import build_app

completion.register_scripts()
app = build_app()
