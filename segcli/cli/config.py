"""segcli config: the settings in force, and their schema."""

from typing import Annotated

import typer

from segcli.cli.options import Asked, Config, Overrides, help_without_command
from segcli.cli.streams import write

app = typer.Typer(invoke_without_command=True, rich_markup_mode=None)


@app.callback()
def _root(context: typer.Context) -> None:
    """Show the settings in force, or their JSON Schema."""
    help_without_command(context)


Origin = Annotated[bool, typer.Option("--origin", help="Say for each setting where its value was given.")]


@app.command()
def show(config: Config = None, overrides: Overrides = None, origin: Origin = False) -> None:
    """Print the settings in force as YAML.

    They come from defaults, configs, the environment and --set; --origin says which from where.
    """
    from segcli.cli.settings import resolve
    from segcli.config.reference import as_yaml

    loaded = resolve(Asked(config=config, overrides=overrides))
    write(as_yaml(loaded, origin=origin))


@app.command()
def schema() -> None:
    """Print the JSON Schema of configs, for editors."""
    from segcli.config.reference import schema_text

    write(schema_text())
