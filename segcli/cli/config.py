"""Command `segcli config`: show the effective settings and their schema."""

from typing import Annotated

import typer

from segcli.cli.options import CommonOptions, ConfigOption, OverridesOption, show_missing_command_help
from segcli.cli.terminal import write_stdout

app = typer.Typer(invoke_without_command=True, rich_markup_mode=None)


@app.callback()
def _show_help(context: typer.Context) -> None:
    """Show the settings in force, or their JSON Schema."""
    show_missing_command_help(context)


OriginOption = Annotated[bool, typer.Option("--origin", help="Say for each setting where its value was given.")]


@app.command()
def show(config: ConfigOption = None, overrides: OverridesOption = None, origin: OriginOption = False) -> None:
    """Print the settings in force as YAML.

    They come from defaults, configs, the environment and --set; --origin says which from where.
    """
    from segcli.cli.command_settings import resolve_settings
    from segcli.config.reference import dump_settings

    loaded_config = resolve_settings(CommonOptions(config=config, overrides=overrides))
    write_stdout(dump_settings(loaded_config, shows_origin=origin))


@app.command()
def schema() -> None:
    """Print the JSON Schema of configs, for editors."""
    from segcli.config.reference import dump_json_schema

    write_stdout(dump_json_schema())
