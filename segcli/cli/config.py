"""Command `segcli config`: show the effective settings and their schema."""

from typing import Annotated

import typer

from segcli.cli.help_layout import CommandWithPanels, format_examples
from segcli.cli.options import CommonOptions, ConfigOption, OverridesOption, show_missing_command_help
from segcli.cli.terminal import write_stdout

SHOW_EXAMPLES = ("segcli config show -c shop.yaml", "segcli config show --set rfm.bins=4 --origin")
SCHEMA_EXAMPLES = ("segcli config schema > segcli.schema.json", "segcli config schema | head")
app = typer.Typer(invoke_without_command=True, rich_markup_mode=None)


@app.callback()
def _show_help(context: typer.Context) -> None:
    """Show the effective settings, or their JSON Schema."""
    show_missing_command_help(context)


OriginOption = Annotated[
    bool, typer.Option("--origin", help="Show the source of each value: default, config, environment or --set.")
]


@app.command(cls=CommandWithPanels, epilog=format_examples(SHOW_EXAMPLES))
def show(config: ConfigOption = None, overrides: OverridesOption = None, origin: OriginOption = False) -> None:
    """Print the effective settings as YAML.

    Settings come from defaults, configs, the environment and --set. --origin shows the source of each value.
    """
    from segcli.cli.command_settings import resolve_settings
    from segcli.config.reference import dump_settings

    loaded_config = resolve_settings(CommonOptions(config=config, overrides=overrides))
    write_stdout(dump_settings(loaded_config, shows_origin=origin))


@app.command(cls=CommandWithPanels, epilog=format_examples(SCHEMA_EXAMPLES))
def schema() -> None:
    """Print the JSON Schema of configs, for editors."""
    from segcli.config.reference import dump_json_schema

    write_stdout(dump_json_schema())
