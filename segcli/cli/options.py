"""Command-line options, including those that all commands share.

The help text of an option that sets a setting repeats the description of the setting; a test keeps them equal.
"""

import functools
import inspect
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from typer import Argument, Context, Exit, Option, echo

from segcli import plugins
from segcli.cli import choices, help_layout
from segcli.errors import ExitCode, UsageProblem

InputArgument = Annotated[
    str | None,
    Argument(help="Order export or segcli output. Default: standard input (-).", metavar="INPUT"),
]
AudienceOption = Annotated[
    str | None,
    Option(
        help="Readers: internal, or external to mask groups smaller than minimum_cell_external.",
        metavar="WHO",
        autocompletion=choices.complete_words("internal", "external"),
    ),
]
ConfigOption = Annotated[
    str | None, Option("--config", "-c", help="Config file (YAML).", metavar="FILE", rich_help_panel=help_layout.COMMON)
]
OverridesOption = Annotated[
    list[str] | None,
    Option(
        "--set",
        help="Override one setting of your config. Repeatable.",
        metavar="SECTION.KEY=VALUE",
        autocompletion=choices.complete_settings,
        rich_help_panel=help_layout.COMMON,
    ),
]
OutputOption = Annotated[
    str | None,
    Option(
        "--output",
        "-o",
        help="Output file (format from its suffix), or folder for run. Default: standard output.",
        metavar="PATH",
        rich_help_panel=help_layout.OUTPUT,
    ),
]


def _build_format_option(more_formats: Sequence[str] = ()) -> Any:  # noqa: ANN401 - typer has no type for options
    formats = sorted([*plugins.list_plugin_files("segcli.reports.formats"), *more_formats])
    return Option(
        "--format",
        "-f",
        help=f"{plugins.join_words(formats)}.",
        metavar="FORMAT",
        autocompletion=choices.complete_words(*formats),
        rich_help_panel=help_layout.OUTPUT,
    )


FormatOption = Annotated[str | None, _build_format_option()]
AsOfOption = Annotated[
    str | None,
    Option(
        "--as-of",
        help="Reference date for recency: YYYY-MM-DD, today or today-N. Default: the day after the last order.",
        metavar="DATE",
        rich_help_panel=help_layout.INPUT,
    ),
]
EncodingOption = Annotated[
    str | None,
    Option(
        help="Text encoding, for example cp1252. Default: UTF-8. If your file is not UTF-8, segcli warns and uses the "
        "encoding in which it recognises the header, or Windows-1252.",
        metavar="NAME",
        rich_help_panel=help_layout.INPUT_FORMAT,
    ),
]
DelimiterOption = Annotated[
    str | None,
    Option(
        help="Field delimiter, or the word tab. Default: detected (comma, semicolon, tab or bar).",
        metavar="CHARACTER",
        rich_help_panel=help_layout.INPUT_FORMAT,
    ),
]
DecimalOption = Annotated[
    str | None,
    Option(
        help="Decimal mark of your amounts (. or ,). Default: detected for each column.",
        metavar="MARK",
        rich_help_panel=help_layout.INPUT_FORMAT,
    ),
]
DateFormatOption = Annotated[
    str | None,
    Option(
        "--date-format",
        help="Date format, for example %d/%m/%Y, or epoch_s, epoch_ms, epoch_us, excel, excel1904. Default: detected "
        "for each column.",
        metavar="FORMAT",
        rich_help_panel=help_layout.INPUT_FORMAT,
    ),
]
LocaleOption = Annotated[
    str | None,
    Option(
        "--locale",
        help="Language of the month names, digits and decimal mark in your file, for example de.",
        metavar="CODE",
        autocompletion=choices.complete_plugins("segcli.ingest.words", ".yaml"),
        rich_help_panel=help_layout.INPUT_FORMAT,
    ),
]
NoHeaderOption = Annotated[
    bool,
    Option(
        "--no-header",
        help="Read the first record as data. The columns are then column_1, column_2, ...",
        rich_help_panel=help_layout.INPUT_FORMAT,
    ),
]
SkipRowsOption = Annotated[
    int | None,
    Option(
        "--skip-rows",
        help="Number of lines to skip at the top of your file. segcli finds lines above the header on its own.",
        metavar="N",
        rich_help_panel=help_layout.INPUT_FORMAT,
    ),
]
SkipFooterOption = Annotated[
    int | None,
    Option(
        "--skip-footer",
        help="Number of lines to skip at the end of your file, for example totals.",
        metavar="N",
        rich_help_panel=help_layout.INPUT_FORMAT,
    ),
]
PresetOption = Annotated[
    str | None,
    Option(
        "--preset",
        help="Preset for the platform that exported your file, for example shopify-orders. none disables presets. "
        "Default: detected from the header.",
        metavar="NAME",
        autocompletion=choices.complete_plugins("segcli.ingest.presets", ".yaml", "none"),
        rich_help_panel=help_layout.INPUT_FORMAT,
    ),
]
MapOption = Annotated[
    list[str] | None,
    Option(
        "--map",
        help="Map a column, for example amount=Total. Repeatable.",
        metavar="STANDARD=COLUMN",
        autocompletion=choices.complete_column_mapping,
        rich_help_panel=help_layout.INPUT,
    ),
]
RejectsOption = Annotated[
    str | None,
    Option(
        "--rejects",
        help="CSV file for your rejected lines. Default: not written.",
        metavar="FILE",
        rich_help_panel=help_layout.OUTPUT,
    ),
]
MaxRejectsOption = Annotated[
    str | None,
    Option(
        "--max-rejects",
        help="Maximum number or share of rejected lines, for example 100 or 5%. segcli fails if your export has more. "
        "Default: no limit.",
        metavar="N|P%",
        rich_help_panel=help_layout.ADVANCED,
    ),
]
FailOnOption = Annotated[
    str | None,
    Option(
        "--fail-on",
        help="Exit with code 4 when a failed rule has at least this severity: error, warning or note. never disables "
        "the check.",
        metavar="SEVERITY",
        autocompletion=choices.complete_words("error", "warning", "note", "never"),
        rich_help_panel=help_layout.ADVANCED,
    ),
]
LanguageOption = Annotated[
    str | None,
    Option(
        "--lang",
        help="Language of reports and messages: "
        f"{plugins.join_words(plugins.list_language_codes())}. "
        "Data files are not translated.",
        metavar="CODE",
        rich_help_panel=help_layout.ADVANCED,
    ),
]
SeedOption = Annotated[
    int | None,
    Option(
        help="Random seed. The same seed reproduces the same result.", metavar="N", rich_help_panel=help_layout.ADVANCED
    ),
]
EngineOption = Annotated[
    str | None,
    Option(
        "--engine",
        help="Engine for aggregating order exports: "
        f"{plugins.join_words(plugins.list_plugin_files('segcli.customers.engines'))}.",
        metavar="NAME",
        autocompletion=choices.complete_plugins("segcli.customers.engines"),
        rich_help_panel=help_layout.ADVANCED,
    ),
]
NoFormulaEscapeOption = Annotated[
    bool,
    Option(
        "--no-formula-escape",
        help="Do not escape CSV cells that a spreadsheet would run as formulas.",
        rich_help_panel=help_layout.ADVANCED,
    ),
]
QuietOption = Annotated[
    bool,
    Option(
        "--quiet",
        "-q",
        help="Print errors, and notes on over 1% of the money.",
        rich_help_panel=help_layout.COMMON,
    ),
]
VerboseOption = Annotated[
    bool,
    Option(
        "--verbose",
        "-v",
        help="Print all notes and technical details, and the columns of every file.",
        rich_help_panel=help_layout.ADVANCED,
    ),
]
DebugOption = Annotated[
    bool, Option("--debug", help="Print the traceback of an internal error.", rich_help_panel=help_layout.ADVANCED)
]
DryRunOption = Annotated[
    bool, Option("--dry-run", "-n", help="Do not write any files.", rich_help_panel=help_layout.COMMON)
]
ForceOption = Annotated[
    bool,
    Option("--force", help="Replace existing files that segcli did not write.", rich_help_panel=help_layout.COMMON),
]
ColourOption = Annotated[
    str,
    Option(
        "--color",
        help="Colour in tables: auto, always or never.",
        metavar="WHEN",
        autocompletion=choices.complete_words("auto", "always", "never"),
        rich_help_panel=help_layout.ADVANCED,
    ),
]
LogFormatOption = Annotated[
    str,
    Option(
        "--log-format",
        help="Format of messages on standard error: text, or json (one object per line).",
        metavar="FORMAT",
        autocompletion=choices.complete_words("text", "json"),
        rich_help_panel=help_layout.ADVANCED,
    ),
]


@dataclass(frozen=True)
class CommonOptions:
    """Values of the options shared by all commands."""

    config: ConfigOption = None
    overrides: OverridesOption = None
    output: OutputOption = None
    layout: FormatOption = None
    as_of: AsOfOption = None
    encoding: EncodingOption = None
    delimiter: DelimiterOption = None
    decimal: DecimalOption = None
    date_format: DateFormatOption = None
    locale: LocaleOption = None
    no_header: NoHeaderOption = False
    skip_rows: SkipRowsOption = None
    skip_footer: SkipFooterOption = None
    mapping: MapOption = None
    preset: PresetOption = None
    rejects: RejectsOption = None
    max_rejects: MaxRejectsOption = None
    fail_on: FailOnOption = None
    engine: EngineOption = None
    language: LanguageOption = None
    seed: SeedOption = None
    no_formula_escape: NoFormulaEscapeOption = False
    quiet: QuietOption = False
    verbose: VerboseOption = False
    debug: DebugOption = False
    dry_run: DryRunOption = False
    force: ForceOption = False
    colour: ColourOption = "auto"
    log_format: LogFormatOption = "text"

    def check_choices(self, more_formats: Sequence[str] = ()) -> None:
        """Reject unknown words before any data are read.

        Args:
            more_formats: formats of the command, in addition to those of all commands.

        Raises:
            UsageProblem: an option has an unknown value.
        """
        from segcli.reports import formats

        allowed_values = {
            "--format": (self.layout, sorted([*formats.list_formats(), *more_formats])),
            "--color": (self.colour, ["auto", "always", "never"]),
            "--log-format": (self.log_format, ["text", "json"]),
        }
        for option, (value, known_values) in allowed_values.items():
            if value is not None and value not in known_values:
                raise UsageProblem(f"{option} {value}: must be one of {', '.join(known_values)}")


def split_names(comma_list: str | None) -> list[str] | None:
    """Split comma-separated names; None stays None."""
    return None if comma_list is None else [name.strip() for name in comma_list.split(",")]


def show_missing_command_help(context: Context) -> None:
    """Print the help of a command group called without a command to stderr, and exit with a usage error."""
    if context.invoked_subcommand is None:
        echo(context.get_help(), err=True)
        raise Exit(ExitCode.USAGE)


def add_common_options(command: Callable[..., None], more_formats: Sequence[str] = ()) -> Callable[..., None]:
    """Add the shared options to a command, which receives them as one object in `common_options`.

    Args:
        command: the command.
        more_formats: formats of this command, in addition to those of all commands.
    """
    own_signature = inspect.signature(command, eval_str=True)
    common_parameters = [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=CommonOptions.__dataclass_fields__[name].default,
            annotation=Annotated[str | None, _build_format_option(more_formats)]
            if more_formats and name == "layout"
            else CommonOptions.__dataclass_fields__[name].type,
        )
        for name in CommonOptions.__dataclass_fields__
    ]
    own_parameters = [
        parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
        for name, parameter in own_signature.parameters.items()
        if name != "common_options"
    ]

    @functools.wraps(command)
    def run_with_common_options(**values: Any) -> None:  # noqa: ANN401 - typer passes values of any type
        common_options = CommonOptions(
            **{parameter.name: values.pop(parameter.name) for parameter in common_parameters}
        )
        common_options.check_choices(more_formats)
        if hasattr(signal, "SIGPIPE"):  # not on Windows
            signal.signal(signal.SIGPIPE, signal.SIG_IGN)  # from here on a closed pipe is an error, reported as 141
        command(**values, common_options=common_options)

    del run_with_common_options.__wrapped__  # typer must read the signature below, not the command's own
    run_with_common_options.__signature__ = own_signature.replace(parameters=[*own_parameters, *common_parameters])  # type: ignore[attr-defined]
    run_with_common_options.__annotations__ = {
        parameter.name: parameter.annotation for parameter in [*own_parameters, *common_parameters]
    }
    return run_with_common_options
