"""Layout of a command's help: options in panels, rarely used panels only with --help-all, and examples at the end."""

from collections.abc import Sequence
from copy import copy
from typing import Any

import typer
from typer.core import TyperCommand

INPUT, OUTPUT, COMMON = "Input", "Output", "Common"
INPUT_FORMAT, ADVANCED = "Input format", "Advanced"
OWN_PANEL = "Options"  # options of the command itself
HIDDEN_PANELS = (INPUT_FORMAT, ADVANCED)  # shown with --help-all
PANELS = (OWN_PANEL, INPUT, OUTPUT, COMMON, *HIDDEN_PANELS)  # in the order of the help
SHOWS_ALL = "segcli.help.shows_all"  # key in the context's metadata


class CommandWithPanels(TyperCommand):
    """A command whose help groups options by panel; the epilog has one example per line."""

    _help_all_option: Any = None

    def get_params(self, ctx: typer.Context) -> list[Any]:  # type: ignore[override]  # typer's context is a subclass
        """Return the parameters, and --help-all if the help hides some."""
        *parameters, help_option = super().get_params(ctx)
        if not any(_find_panel(parameter) in HIDDEN_PANELS for parameter in parameters):
            return [*parameters, help_option]
        if self._help_all_option is None:  # one object for all calls: the parser compares parameters by identity
            self._help_all_option = _make_help_all_option(help_option)
        return [*parameters, help_option, self._help_all_option]

    def format_options(self, ctx: typer.Context, formatter: Any) -> None:  # type: ignore[override]  # noqa: ANN401 - no public type
        """Write the arguments, then the options by panel."""
        shows_all = ctx.meta.get(SHOWS_ALL, False)
        records: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None:
                records.setdefault(_find_panel(parameter), []).append(record)
        for panel in ("Arguments", *PANELS):
            if panel in records and (shows_all or panel not in HIDDEN_PANELS):
                with formatter.section(panel):
                    formatter.write_dl(records[panel])

    def format_epilog(self, ctx: typer.Context, formatter: Any) -> None:  # type: ignore[override]  # noqa: ANN401, ARG002
        """Write the examples, without wrapping them."""
        if self.epilog:
            with formatter.section("Examples"):
                formatter.write("".join(f"  {line}\n" for line in self.epilog.splitlines()))


def format_examples(command_lines: Sequence[str]) -> str:
    """Return the epilog of a command."""
    return "\n".join(command_lines)


def _find_panel(parameter: Any) -> str:  # noqa: ANN401 - an option or argument
    if parameter.param_type_name == "argument":
        return "Arguments"
    if parameter.name in {"help", "help_all"}:
        return COMMON
    return getattr(parameter, "rich_help_panel", None) or OWN_PANEL


def _make_help_all_option(help_option: Any) -> Any:  # noqa: ANN401 - typer's option classes are not public
    """Return the option --help-all, made from --help."""
    help_all_option = copy(help_option)
    help_all_option.name = "help_all"
    help_all_option.opts = ["--help-all"]
    help_all_option.callback = _show_full_help
    help_all_option.help = "Show all options."
    return help_all_option


def _show_full_help(context: typer.Context, _parameter: object, is_requested: bool) -> None:
    if is_requested and not context.resilient_parsing:
        context.meta[SHOWS_ALL] = True
        typer.echo(context.get_help())
        context.exit()
