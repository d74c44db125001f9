"""Pictures beside a Markdown report: SVG files in a folder that is named after it."""

import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from segcli.cli.options import Asked
from segcli.cli.streams import Talk, language
from segcli.counting import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from segcli.reports.blocks import Block

_OURS = re.compile(r"\d\d+-[a-z-]+\.svg")


def beside(output: str, blocks: "Sequence[Block]", asked: Asked, talk: Talk) -> str:
    """Write the pictures of a document; those of an earlier one, which may tell more than this one does, go.

    Returns:
        The folder as the document's links name it; blank where there is nothing to draw, or nothing that draws.
    """
    from segcli.files import write
    from segcli.reports import charts

    drawn = charts.numbered(blocks) if charts.are_drawn() else []
    folder = Path(output).with_name(f"{Path(output).stem}-charts")
    if drawn and asked.dry_run:
        talk.say("would", f"write {counted(len(drawn), 'chart')} to {folder}")
    elif drawn:
        write.folder(str(folder))
        for name, chart in drawn:
            write.write(str(folder / name), charts.file(chart, language().figures).encode())
        talk.say("wrote", f"{folder} ({counted(len(drawn), 'chart')})", path=str(folder))
    if folder.is_dir() and not asked.dry_run:
        _remove_others(folder, {name for name, _ in drawn})
    return quote(folder.name) if drawn else ""


def _remove_others(folder: Path, names: set[str]) -> None:
    from segcli.files import write

    with write.environment(str(folder)):
        for path in folder.iterdir():
            if _OURS.fullmatch(path.name) and path.name not in names:
                path.unlink()
