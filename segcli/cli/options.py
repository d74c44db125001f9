"""Command-line options, including those that all commands share.

The help text of an option that sets a setting repeats the description of the setting; a test keeps them equal.
"""

import functools
import inspect
import signal
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from typer import Argument, Context, Exit, Option, echo

from segcli import plugins
from segcli.cli import choices
from segcli.errors import ExitCode, UsageProblem

InputArgument = Annotated[
    str | None,
    Argument(help="Order export, or a table that segcli wrote; - or nothing reads standard input.", metavar="INPUT"),
]
AudienceOption = Annotated[
    str | None,
    Option(
        help="Who reads reports: internal, or external; external ones withhold groups below minimum_cell_external.",
        metavar="WHO",
        autocompletion=choices.complete_words("internal", "external"),
    ),
]
ConfigOption = Annotated[str | None, Option("--config", "-c", help="Config: a YAML file of settings.", metavar="FILE")]
OverridesOption = Annotated[
    list[str] | None,
    Option(
        "--set",
        help="Set one setting, whatever the config says; may be repeated.",
        metavar="SECTION.KEY=VALUE",
        autocompletion=choices.complete_settings,
    ),
]
OutputOption = Annotated[
    str | None,
    Option(
        "--output", "-o", help="File to write, whose suffix decides the format; of run, the folder.", metavar="PATH"
    ),
]
FormatOption = Annotated[
    str | None,
    Option(
        "--format",
        "-f",
        help=f"Format of the result: {plugins.join_words(plugins.list_plugin_files('segcli.reports.formats'))}.",
        metavar="FORMAT",
        autocompletion=choices.complete_plugins("segcli.reports.formats"),
    ),
]
AsOfOption = Annotated[
    str | None,
    Option(
        "--as-of",
        help="Day to which recency is counted, such as 2026-06-30, today or today-1; default: the day after the last "
        "order.",
        metavar="DATE",
    ),
]
EncodingOption = Annotated[
    str | None,
    Option(
        help="Text encoding, such as cp1252; default: UTF-8, otherwise, with a warning, the encoding in which the "
        "header is known, or Windows-1252.",
        metavar="NAME",
    ),
]
DelimiterOption = Annotated[
    str | None,
    Option(
        help="Character between fields, or the word tab; default: comma, semicolon, tab or bar, whichever fits.",
        metavar="CHARACTER",
    ),
]
DecimalOption = Annotated[
    str | None,
    Option(
        help="Decimal mark (. or ,); default: what the column proves.",
        metavar="MARK",
    ),
]
DateFormatOption = Annotated[
    str | None,
    Option(
        "--date-format",
        help="How dates are written, such as %d/%m/%Y, or epoch_s, epoch_ms, epoch_us, excel, excel1904; default: what "
        "the column proves.",
        metavar="FORMAT",
    ),
]
LocaleOption = Annotated[
    str | None,
    Option(
        "--locale",
        help="Language whose month names, digits and decimal mark the file uses, such as de.",
        metavar="CODE",
        autocompletion=choices.complete_plugins("segcli.ingest.words", ".yaml"),
    ),
]
NoHeaderOption = Annotated[
    bool, Option("--no-header", help="The first record is data; columns are then column_1, column_2, ...")
]
SkipRowsOption = Annotated[
    int | None,
    Option(
        "--skip-rows",
        help="Lines to leave out at the top; lines above the header are found without it.",
        metavar="N",
    ),
]
SkipFooterOption = Annotated[
    int | None, Option("--skip-footer", help="Lines to leave out at the end, such as totals.", metavar="N")
]
PresetOption = Annotated[
    str | None,
    Option(
        "--preset",
        help="Platform that wrote the file, such as shopify-orders; none: no preset; default: by the header.",
        metavar="NAME",
        autocompletion=choices.complete_plugins("segcli.ingest.presets", ".yaml", "none"),
    ),
]
MapOption = Annotated[
    list[str] | None,
    Option(
        "--map",
        help="Which column of the file is a standard one, such as amount=Total; may be repeated.",
        metavar="STANDARD=COLUMN",
        autocompletion=choices.complete_column_mapping,
    ),
]
RejectsOption = Annotated[
    str | None, Option("--rejects", help="CSV file for the rejected lines; default: none is written.", metavar="FILE")
]
MaxRejectsOption = Annotated[
    str | None,
    Option(
        "--max-rejects",
        help="Most rejected lines that an export may have, as a number or a share such as 5%; with more it is refused.",
        metavar="N|P%",
    ),
]
FailOnOption = Annotated[
    str | None,
    Option(
        "--fail-on",
        help="Severity from which a broken rule ends the command with exit code 4: error, warning, note, or never.",
        metavar="SEVERITY",
        autocompletion=choices.complete_words("error", "warning", "note", "never"),
    ),
]
LanguageOption = Annotated[
    str | None,
    Option(
        "--lang",
        help="Language of what people read: "
        f"{plugins.join_words(plugins.list_plugin_files('segcli.i18n', '.yaml'))}; "
        "files for programs stay as they are.",
        metavar="CODE",
    ),
]
SeedOption = Annotated[
    int | None, Option(help="Number from which chance starts; the same seed gives the same result.", metavar="N")
]
EngineOption = Annotated[
    str | None,
    Option(
        "--engine",
        help="Engine that aggregates order exports: "
        f"{plugins.join_words(plugins.list_plugin_files('segcli.customers.engines'))}.",
        metavar="NAME",
        autocompletion=choices.complete_plugins("segcli.customers.engines"),
    ),
]
NoFormulaEscapeOption = Annotated[
    bool, Option("--no-formula-escape", help="Leave CSV cells as they are that a spreadsheet would run as formulas.")
]
QuietOption = Annotated[
    bool,
    Option(
        "--quiet", "-q", help="Write only errors to standard error, and notes that decide on over 1 % of the money."
    ),
]
VerboseOption = Annotated[
    bool, Option("--verbose", "-v", help="Name the columns used of every file, not only of order exports.")
]
DebugOption = Annotated[bool, Option("--debug", help="Show the traceback of a bug in segcli.")]
DryRunOption = Annotated[bool, Option("--dry-run", "-n", help="Do everything but write files.")]
ForceOption = Annotated[bool, Option("--force", help="Replace existing files that are not earlier outputs.")]
ColourOption = Annotated[
    str,
    Option(
        "--color",
        help="Colour of tables: auto, always or never.",
        metavar="WHEN",
        autocompletion=choices.complete_words("auto", "always", "never"),
    ),
]
LogFormatOption = Annotated[
    str,
    Option(
        "--log-format",
        help="Form of standard error: text, or json, one object per line.",
        metavar="FORMAT",
        autocompletion=choices.complete_words("text", "json"),
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

    def check_choices(self) -> None:
        """Reject unknown words before any data are read.

        Raises:
            UsageProblem: an option has an unknown value.
        """
        from segcli.reports import formats

        allowed_values = {
            "--format": (self.layout, formats.list_formats()),
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


def add_common_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the shared options to a command, which receives them as one object in `common_options`."""
    own_signature = inspect.signature(command, eval_str=True)
    common_parameters = [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=CommonOptions.__dataclass_fields__[name].default,
            annotation=CommonOptions.__dataclass_fields__[name].type,
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
        common_options.check_choices()
        signal.signal(signal.SIGPIPE, signal.SIG_IGN)  # from here on a closed pipe is an error, reported as 141
        command(**values, common_options=common_options)

    del run_with_common_options.__wrapped__  # typer must read the signature below, not the command's own
    run_with_common_options.__signature__ = own_signature.replace(parameters=[*own_parameters, *common_parameters])  # type: ignore[attr-defined]
    run_with_common_options.__annotations__ = {
        parameter.name: parameter.annotation for parameter in [*own_parameters, *common_parameters]
    }
    return run_with_common_options
