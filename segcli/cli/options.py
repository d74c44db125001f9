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
    Argument(help="An export or a table segcli wrote; - or nothing reads standard input.", metavar="INPUT"),
]
Audience = Annotated[
    str | None,
    Option(
        help="Who reads reports: external ones withhold groups below minimum_cell_external.",
        metavar="WHO",
        autocompletion=choices.of("internal", "external"),
    ),
]
Config = Annotated[str | None, Option("--config", "-c", help="YAML settings file.", metavar="FILE")]
Overrides = Annotated[
    list[str] | None,
    Option(
        "--set",
        help="Override one setting; may be repeated.",
        metavar="SECTION.KEY=VALUE",
        autocompletion=choices.settings,
    ),
]
Output = Annotated[
    str | None,
    Option("--output", "-o", help="Write to this file; its suffix decides the format.", metavar="PATH"),
]
Layout = Annotated[
    str | None,
    Option(
        "--format",
        "-f",
        help=f"{plugins.told(plugins.listed('segcli.reports.formats'))}.",
        autocompletion=choices.files_of("segcli.reports.formats"),
    ),
]
AsOf = Annotated[str | None, Option("--as-of", help="Day recency is counted to; default: last order + 1 day.")]
Encoding = Annotated[str | None, Option(help="Text encoding of the input.")]
Delimiter = Annotated[str | None, Option(help="Field separator of the input; 'tab' works.")]
Decimal = Annotated[str | None, Option(help="Decimal mark of the input: . or ,")]
DateFormat = Annotated[
    str | None, Option("--date-format", help="strptime format of the input's dates, or epoch_s, excel, ...")
]
Locale = Annotated[
    str | None,
    Option(
        "--locale",
        help="Language of the input's months, digits and decimals, such as de.",
        autocompletion=choices.files_of("segcli.ingest.words", ".yaml"),
    ),
]
NoHeader = Annotated[bool, Option("--no-header", help="The first record is data; columns are column_1, column_2, ...")]
SkipRows = Annotated[int | None, Option("--skip-rows", help="Lines to leave out at the top of the input.", metavar="N")]
SkipFooter = Annotated[
    int | None, Option("--skip-footer", help="Lines to leave out at the end, such as totals.", metavar="N")
]
Preset = Annotated[
    str | None,
    Option(
        "--preset",
        help="Platform that wrote the export, such as shopify-orders; none: no preset.",
        metavar="NAME",
        autocompletion=choices.files_of("segcli.ingest.presets", ".yaml", "none"),
    ),
]
Map = Annotated[
    list[str] | None,
    Option(
        "--map",
        help="Which column is which; may be repeated.",
        metavar="STANDARD=COLUMN",
        autocompletion=choices.mapped,
    ),
]
Rejects = Annotated[str | None, Option("--rejects", help="Write the rejected lines to this CSV file.", metavar="FILE")]
MaxRejects = Annotated[
    str | None,
    Option(
        "--max-rejects",
        help="Refuse an export with more rejected lines than this number, or share such as 5%.",
        metavar="N|P%",
    ),
]
FailOn = Annotated[
    str | None,
    Option(
        "--fail-on",
        help="Breaches of this severity or worse end the command with exit code 4: error, warning, note, never.",
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
Seed = Annotated[int | None, Option(help="Seed of everything that involves chance.")]
Engine = Annotated[
    str | None,
    Option(
        "--engine",
        help="What adds up order lines: pandas, duckdb (out of core), spark (a cluster), or auto: by memory.",
        metavar="NAME",
        autocompletion=choices.files_of("segcli.customers.engines", ".py", "auto", "pandas"),
    ),
]
NoFormulaEscape = Annotated[
    bool, Option("--no-formula-escape", help="Write CSV cells that a spreadsheet would run as they are.")
]
Quiet = Annotated[bool, Option("--quiet", "-q", help="No counts, notes or warnings on standard error.")]
Verbose = Annotated[bool, Option("--verbose", "-v", help="Say more on standard error.")]
Debug = Annotated[bool, Option("--debug", help="Show a traceback when segcli itself fails.")]
DryRun = Annotated[bool, Option("--dry-run", "-n", help="Do everything but write.")]
Colour = Annotated[
    str, Option("--color", help="auto, always or never.", autocompletion=choices.of("auto", "always", "never"))
]
LogFormat = Annotated[
    str, Option("--log-format", help="text or json lines on standard error.", autocompletion=choices.of("text", "json"))
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
