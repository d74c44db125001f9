"""The commands by name, one module each, and the app with those that a command line needs."""

from collections.abc import Iterable
from importlib import import_module
from typing import Annotated

import typer
from typer.core import TyperArgument

from segcli import __version__
from segcli.cli.help_layout import CommandWithPanels, format_examples
from segcli.cli.options import add_common_options, show_missing_command_help

# In the order of the help. A module defines `command`, or `app` for a group of commands.
SEGMENTATION_COMMANDS = ("init", "check", "ingest", "rfm", "rules", "cluster", "assign")
ANALYSIS_COMMANDS = (
    "clv",
    "churn",
    "cohort",
    "backtest",
    "compare",
    "persona",
    "target",
    "plan",
    "export",
    "report",
    "run",
    "forget",
)
COMMAND_GROUPS = ("config",)
STANDALONE_COMMANDS = ("explain", "demo", "completion", "mcp")
COMMAND_NAMES = (*SEGMENTATION_COMMANDS, *ANALYSIS_COMMANDS, *COMMAND_GROUPS, *STANDALONE_COMMANDS)


def build_app(command_names: Iterable[str] = COMMAND_NAMES) -> typer.Typer:
    """Build the app with some commands (default: all); a command line that names its command needs only that one."""
    TyperArgument.display_type_rich = lambda self, ctx: None  # type: ignore[method-assign]  # noqa: ARG005 - shows INPUT without <str>
    app = typer.Typer(
        name="segcli",
        help="Customer segmentation from CSV exports.",
        invoke_without_command=True,
        add_completion=True,
        rich_markup_mode=None,  # keeps [x] in help texts literal; also avoids loading rich
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_show_help)
    for name in command_names:
        module = import_module(f"segcli.cli.{name}")
        if name in COMMAND_GROUPS:
            app.add_typer(module.app, name=name)
        else:
            app.command(name=name, cls=CommandWithPanels, epilog=format_examples(module.EXAMPLES))(
                module.command
                if name in STANDALONE_COMMANDS
                else add_common_options(module.command, getattr(module, "MORE_FORMATS", ()))
            )
    return app


def _show_version(is_requested: bool) -> None:
    if is_requested:
        typer.echo(f"segcli {__version__}")
        raise typer.Exit


def _show_help(
    context: typer.Context,
    version: Annotated[  # noqa: ARG001 - its callback handles it
        bool, typer.Option("--version", help="Show the version and exit.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """Customer segmentation from CSV exports."""
    show_missing_command_help(context)
