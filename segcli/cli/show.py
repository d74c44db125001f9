"""Show a result where the user asked for it."""

import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from segcli.cli import streams
from segcli.cli.options import Asked
from segcli.cli.streams import Talk

if TYPE_CHECKING:
    from segcli.reports.result import Result


def show(result: "Result", asked: Asked, talk: Talk) -> None:
    """Render the result and write it to -o or stdout."""
    name = streams.format_name(asked, document=result.document)
    if name in {"csv", "tsv"} and not asked.no_formula_escape:
        result = escaped(result, talk)
    if asked.output in (None, "-"):
        display(result, name, asked, talk)
    else:
        from segcli.reports import formats

        save(str(asked.output), formats.load(name).render(result, streams.page(asked, to_terminal=False)), asked, talk)


def escaped(result: "Result", talk: Talk) -> "Result":
    """The result with cells that no spreadsheet runs; how many were changed is said."""
    from segcli.files.formulas import escape_table
    from segcli.reports import numbers

    rows, changed = escape_table(result.rows)
    if changed:
        talk.say("escaped", f"{numbers.counted(changed, 'cell')} that a spreadsheet would run as a formula")
    return replace(result, rows=rows)


def display(result: "Result", name: str, asked: Asked, talk: Talk) -> None:
    """Write a result to stdout; on a terminal what there is to say comes first, in a pipe the result does."""
    from segcli.reports import formats

    to_terminal = streams.is_terminal(sys.stdout)
    text = formats.load(name).render(result, streams.page(asked, to_terminal=to_terminal))
    if to_terminal:
        talk.flush()
    streams.write(text)


def save(path: str, text: str, asked: Asked, talk: Talk) -> None:
    """Write a file atomically and say so; with --dry-run only say so."""
    from segcli.files import write

    if asked.dry_run:
        talk.say("would", f"write {path}")
        return
    write.write(path, text.encode())
    talk.say("wrote", path, path=path)
