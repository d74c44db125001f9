"""Show a result where the user asked for it."""

import sys
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from segcli.cli import pictures, streams
from segcli.cli.options import Asked
from segcli.cli.streams import Talk
from segcli.counting import counted

if TYPE_CHECKING:
    from segcli.reports.result import Result


def show(result: "Result", asked: Asked, talk: Talk) -> None:
    """Render the result and write it to -o or stdout."""
    name = streams.format_name(asked, document=result.document)
    if name in {"csv", "tsv"}:
        result = escaped(result, talk)
    if asked.output in (None, "-"):
        display(result, name, asked, talk)
    else:
        from segcli.reports import formats

        page = streams.page(asked, to_terminal=False)
        result = told(result)
        if name == "md" and str(asked.output).lower().endswith(".md"):
            page = replace(page, charts=pictures.beside(str(asked.output), result.blocks, asked, talk))
        save(str(asked.output), formats.pieces(formats.load(name), result, page), asked, talk)


def told(result: "Result") -> "Result":
    """The result in the language that people are told in."""
    if streams.tells_english():
        return result
    from segcli.reports.retold import retold

    return retold(result, streams.language())


def escaped(result: "Result", talk: Talk) -> "Result":
    """The result with cells that no spreadsheet runs, unless they are to stay; how many were changed is said."""
    if not talk.escapes:
        return result
    from segcli.files.formulas import escape_table

    rows, changed = escape_table(result.rows)
    if changed:
        talk.say("escaped", f"{counted(changed, 'cell')} that a spreadsheet would run as a formula")
    return replace(result, rows=rows)


def render_csv(result: "Result", talk: Talk) -> str:
    """The rows as CSV, with cells that no spreadsheet runs: every file that is no result of -o is written by this."""
    from segcli.reports.formats import Page, csv

    return csv.render(escaped(result, talk), Page())


def display(result: "Result", name: str, asked: Asked, talk: Talk) -> None:
    """Write a result to stdout; on a terminal what there is to say comes first, in a pipe the result does."""
    from segcli.reports import formats

    form, to_terminal = formats.load(name), streams.is_terminal(sys.stdout)
    result = told(result)
    page = streams.page(asked, to_terminal=to_terminal)
    if to_terminal:
        text = form.render(result, page)
        talk.flush()
        streams.write(text)
    else:
        streams.write_pieces(formats.pieces(form, result, page))


def save(path: str, text: str | Iterable[bytes], asked: Asked, talk: Talk) -> None:
    """Write a file atomically and say so; with --dry-run only say so."""
    from segcli.files import write

    if asked.dry_run:
        talk.say("would", f"write {path}")
        return
    write.write(path, text.encode() if isinstance(text, str) else text)
    talk.say("wrote", path, path=path)
