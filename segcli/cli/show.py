"""Show a result where the user asked for it."""

import sys
from typing import TYPE_CHECKING

from segcli.cli import streams
from segcli.cli.options import Asked
from segcli.cli.streams import Talk

if TYPE_CHECKING:
    from segcli.reports.result import Result


def show(result: "Result", asked: Asked, talk: Talk) -> None:
    """Render the result and write it to -o or stdout."""
    from segcli.reports import formats

    name = streams.format_name(asked, document=result.document)
    to_file = asked.output not in (None, "-")
    to_terminal = not to_file and streams.is_terminal(sys.stdout)
    text = formats.load(name).render(result, streams.page(asked, to_terminal=to_terminal))
    if to_file:
        save(str(asked.output), text, asked, talk)
        return
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
