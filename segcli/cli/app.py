"""The commands, by name; one file each."""

from typing import Annotated

import typer
from typer.core import TyperArgument

from segcli import __version__
from segcli.cli import (
    assign,
    backtest,
    check,
    cluster,
    clv,
    cohort,
    compare,
    completion,
    demo,
    explain,
    export,
    forget,
    ingest,
    init,
    persona,
    plan,
    report,
    rfm,
    rules,
    run,
    target,
)
from segcli.cli.config import app as config
from segcli.cli.options import help_without_command, shared

completion.hand_to_typer()
TyperArgument.display_type_rich = lambda self, ctx: None  # type: ignore[method-assign]  # noqa: ARG005 - INPUT, no <str>
app = typer.Typer(
    name="segcli",
    help="Customer segmentation from CSV exports.",
    invoke_without_command=True,
    add_completion=True,
    rich_markup_mode=None,  # [x] in a help text is text; also saves loading rich
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"segcli {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    context: typer.Context,
    version: Annotated[  # noqa: ARG001 - the callback answers it
        bool, typer.Option("--version", help="Show the version.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Customer segmentation from CSV exports."""
    help_without_command(context)


_STAGES = (init, check, ingest, rfm, rules, cluster, assign)
_QUESTIONS = (clv, cohort, backtest, compare, persona, target, plan, export, report, run, forget)
for _module in (*_STAGES, *_QUESTIONS):
    app.command(name=_module.__name__.rpartition(".")[2])(shared(_module.command))
app.add_typer(config, name="config")
for _module in (explain, demo, completion):
    app.command(name=_module.__name__.rpartition(".")[2])(_module.command)
