"""Options as users type them, and the ones that every command shares.

Help texts of sugar for a setting repeat that setting's description; a test keeps them equal.
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
from segcli.errors import Exit as ExitCode
from segcli.errors import UsageProblem

Input = Annotated[
    str | None,
    Argument(help="Order export, or a table that segcli wrote; - or nothing reads standard input.", metavar="INPUT"),
]
Audience = Annotated[
    str | None,
    Option(
        help="Who reads reports: internal, or external; external ones withhold groups below minimum_cell_external.",
        metavar="WHO",
        autocompletion=choices.of("internal", "external"),
    ),
]
Config = Annotated[str | None, Option("--config", "-c", help="Config: a YAML file of settings.", metavar="FILE")]
Overrides = Annotated[
    list[str] | None,
    Option(
        "--set",
        help="Set one setting, whatever the config says; may be repeated.",
        metavar="SECTION.KEY=VALUE",
        autocompletion=choices.settings,
    ),
]
Output = Annotated[
    str | None,
    Option(
        "--output", "-o", help="File to write, whose suffix decides the format; of run, the folder.", metavar="PATH"
    ),
]
Layout = Annotated[
    str | None,
    Option(
        "--format",
        "-f",
        help=f"Format of the result: {plugins.told(plugins.listed('segcli.reports.formats'))}.",
        metavar="FORMAT",
        autocompletion=choices.files_of("segcli.reports.formats"),
    ),
]
AsOf = Annotated[
    str | None,
    Option(
        "--as-of",
        help="Day to which recency is counted, such as 2026-06-30, today or today-1; default: the day after the last "
        "order.",
        metavar="DATE",
    ),
]
Encoding = Annotated[
    str | None,
    Option(
        help="Text encoding, such as cp1252; default: UTF-8, otherwise, with a warning, the encoding in which the "
        "header is known, or Windows-1252.",
        metavar="NAME",
    ),
]
Delimiter = Annotated[
    str | None,
    Option(
        help="Character between fields, or the word tab; default: comma, semicolon, tab or bar, whichever fits.",
        metavar="CHARACTER",
    ),
]
Decimal = Annotated[
    str | None,
    Option(
        help="Decimal mark (. or ,); default: what the column proves.",
        metavar="MARK",
    ),
]
DateFormat = Annotated[
    str | None,
    Option(
        "--date-format",
        help="How dates are written, such as %d/%m/%Y, or epoch_s, epoch_ms, epoch_us, excel, excel1904; default: what "
        "the column proves.",
        metavar="FORMAT",
    ),
]
Locale = Annotated[
    str | None,
    Option(
        "--locale",
        help="Language whose month names, digits and decimal mark the file uses, such as de.",
        metavar="CODE",
        autocompletion=choices.files_of("segcli.ingest.words", ".yaml"),
    ),
]
NoHeader = Annotated[
    bool, Option("--no-header", help="The first record is data; columns are then column_1, column_2, ...")
]
SkipRows = Annotated[
    int | None,
    Option(
        "--skip-rows",
        help="Lines to leave out at the top; lines above the header are found without it.",
        metavar="N",
    ),
]
SkipFooter = Annotated[
    int | None, Option("--skip-footer", help="Lines to leave out at the end, such as totals.", metavar="N")
]
Preset = Annotated[
    str | None,
    Option(
        "--preset",
        help="Platform that wrote the file, such as shopify-orders; none: no preset; default: by the header.",
        metavar="NAME",
        autocompletion=choices.files_of("segcli.ingest.presets", ".yaml", "none"),
    ),
]
Map = Annotated[
    list[str] | None,
    Option(
        "--map",
        help="Which column of the file is a standard one, such as amount=Total; may be repeated.",
        metavar="STANDARD=COLUMN",
        autocompletion=choices.mapped,
    ),
]
Rejects = Annotated[
    str | None, Option("--rejects", help="CSV file for the rejected lines; default: none is written.", metavar="FILE")
]
MaxRejects = Annotated[
    str | None,
    Option(
        "--max-rejects",
        help="Most rejected lines that an export may have, as a number or a share such as 5%; with more it is refused.",
        metavar="N|P%",
    ),
]
FailOn = Annotated[
    str | None,
    Option(
        "--fail-on",
        help="Severity from which a broken rule ends the command with exit code 4: error, warning, note, or never.",
        metavar="SEVERITY",
        autocompletion=choices.of("error", "warning", "note", "never"),
    ),
]
Language = Annotated[
    str | None,
    Option(
        "--lang",
        help=f"Language of what people read: {plugins.told(plugins.listed('segcli.languages', '.yaml'))}; "
        "files for programs stay as they are.",
        metavar="CODE",
    ),
]
Seed = Annotated[
    int | None, Option(help="Number from which chance starts; the same seed gives the same result.", metavar="N")
]
Engine = Annotated[
    str | None,
    Option(
        "--engine",
        help=f"Engine that aggregates order exports: {plugins.told(plugins.listed('segcli.customers.engines'))}.",
        metavar="NAME",
        autocompletion=choices.files_of("segcli.customers.engines"),
    ),
]
NoFormulaEscape = Annotated[
    bool, Option("--no-formula-escape", help="Leave CSV cells as they are that a spreadsheet would run as formulas.")
]
Quiet = Annotated[
    bool,
    Option(
        "--quiet", "-q", help="Write only errors to standard error, and notes that decide on over 1 % of the money."
    ),
]
Verbose = Annotated[
    bool, Option("--verbose", "-v", help="Name the columns used of every file, not only of order exports.")
]
Debug = Annotated[bool, Option("--debug", help="Show the traceback of a bug in segcli.")]
DryRun = Annotated[bool, Option("--dry-run", "-n", help="Do everything but write files.")]
Force = Annotated[bool, Option("--force", help="Replace existing files that are not earlier outputs.")]
Colour = Annotated[
    str,
    Option(
        "--color",
        help="Colour of tables: auto, always or never.",
        metavar="WHEN",
        autocompletion=choices.of("auto", "always", "never"),
    ),
]
LogFormat = Annotated[
    str,
    Option(
        "--log-format",
        help="Form of standard error: text, or json, one object per line.",
        metavar="FORMAT",
        autocompletion=choices.of("text", "json"),
    ),
]


@dataclass(frozen=True)
class Asked:
    """What the shared options say."""

    config: Config = None
    overrides: Overrides = None
    output: Output = None
    layout: Layout = None
    as_of: AsOf = None
    encoding: Encoding = None
    delimiter: Delimiter = None
    decimal: Decimal = None
    date_format: DateFormat = None
    locale: Locale = None
    no_header: NoHeader = False
    skip_rows: SkipRows = None
    skip_footer: SkipFooter = None
    mapping: Map = None
    preset: Preset = None
    rejects: Rejects = None
    max_rejects: MaxRejects = None
    fail_on: FailOn = None
    engine: Engine = None
    language: Language = None
    seed: Seed = None
    no_formula_escape: NoFormulaEscape = False
    quiet: Quiet = False
    verbose: Verbose = False
    debug: Debug = False
    dry_run: DryRun = False
    force: Force = False
    colour: Colour = "auto"
    log_format: LogFormat = "text"

    def check(self) -> None:
        """Refuse unknown words before anything is read.

        Raises:
            UsageProblem: an option has a value that it does not know.
        """
        from segcli.reports import formats

        choices = {
            "--format": (self.layout, formats.names()),
            "--color": (self.colour, ["auto", "always", "never"]),
            "--log-format": (self.log_format, ["text", "json"]),
        }
        for option, (value, known) in choices.items():
            if value is not None and value not in known:
                raise UsageProblem(f"{option} {value}: must be one of {', '.join(known)}")


def names(text: str | None) -> list[str] | None:
    """Names with commas between them; None where nothing is given."""
    return None if text is None else [name.strip() for name in text.split(",")]


def help_without_command(context: Context) -> None:
    """A group called alone shows its help, on stderr, since nothing was done."""
    if context.invoked_subcommand is None:
        echo(context.get_help(), err=True)
        raise Exit(ExitCode.USAGE)


def shared(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the shared options: its parameter `asked` receives them as one object."""
    own = inspect.signature(command, eval_str=True)
    common = [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=Asked.__dataclass_fields__[name].default,
            annotation=Asked.__dataclass_fields__[name].type,
        )
        for name in Asked.__dataclass_fields__
    ]
    mine = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for name, p in own.parameters.items() if name != "asked"]

    @functools.wraps(command)
    def with_shared(**values: Any) -> None:  # noqa: ANN401 - as typer calls it
        asked = Asked(**{p.name: values.pop(p.name) for p in common})
        asked.check()
        signal.signal(signal.SIGPIPE, signal.SIG_IGN)  # from here on a closed pipe is an error we turn into 141
        command(**values, asked=asked)

    del with_shared.__wrapped__  # typer reads the signature below, not the command's own
    with_shared.__signature__ = own.replace(parameters=[*mine, *common])  # type: ignore[attr-defined]
    with_shared.__annotations__ = {p.name: p.annotation for p in [*mine, *common]}
    return with_shared
