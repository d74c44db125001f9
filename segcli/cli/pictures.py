"""Pictures beside a Markdown report: SVG files in a folder that is named after it."""

import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from segcli.cli.options import CommonOptions
from segcli.cli.streams import Console, load_language
from segcli.counting import pluralize

if TYPE_CHECKING:
    from collections.abc import Sequence

    from segcli.reports.blocks import Block

_CHART_FILE_PATTERN = re.compile(r"\d\d+-[a-z-]+\.svg")


def write_charts(report_path: str, blocks: "Sequence[Block]", common_options: CommonOptions, console: Console) -> str:
    """Write the pictures of a document; those of an earlier one, which may tell more than this one does, go.

    Returns:
        The folder as the document's links name it; blank where there is nothing to draw, or nothing that draws.
    """
    from segcli.files import write
    from segcli.reports import charts

    numbered_charts = charts.number_charts(blocks) if charts.can_draw_charts() else []
    folder = Path(report_path).with_name(f"{Path(report_path).stem}-charts")
    if numbered_charts and common_options.dry_run:
        console.log("would", f"write {pluralize(len(numbered_charts), 'chart')} to {folder}")
    elif numbered_charts:
        write.make_folder(str(folder))
        for name, chart in numbered_charts:
            write.write_file(str(folder / name), charts.render_svg_file(chart, load_language().number_format).encode())
        console.log("wrote", f"{folder} ({pluralize(len(numbered_charts), 'chart')})", path=str(folder))
    if folder.is_dir() and not common_options.dry_run:
        _remove_stale_charts(folder, {name for name, _ in numbered_charts})
    return quote(folder.name) if numbered_charts else ""


def _remove_stale_charts(folder: Path, kept_names: set[str]) -> None:
    from segcli.files import write

    with write.report_write_errors(str(folder)):
        for path in folder.iterdir():
            if _CHART_FILE_PATTERN.fullmatch(path.name) and path.name not in kept_names:
                path.unlink()
