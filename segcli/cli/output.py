"""Write results to stdout or to files."""

import re
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from segcli.cli import terminal
from segcli.cli.options import CommonOptions
from segcli.cli.terminal import Console, load_language
from segcli.formatting import pluralize
from segcli.message import count_message, message

if TYPE_CHECKING:
    from collections.abc import Sequence

    from segcli.reports.blocks import Block, Result
    from segcli.reports.formats import OutputFormat


# Chart files: next to a Markdown report in a folder named after it, or in a folder of the user's choice
_CHART_FILE_PATTERN = re.compile(r"\d\d+-[a-z-]+\.(svg|png)")


def write_charts(
    folder: Path, blocks: "Sequence[Block]", common_options: CommonOptions, console: Console, *, with_png: bool
) -> str:
    """Write the charts of a document and remove those of an earlier one, which may reveal more.

    Args:
        folder: folder of the charts.
        blocks: blocks of the document.
        common_options: shared options; with `dry_run`, nothing is written.
        console: receives messages.
        with_png: write each chart as PNG too, not only as SVG.

    Returns:
        The folder as a link from a document next to it; blank if there are no charts.
    """
    from segcli.io import write
    from segcli.reports import charts

    numbered_charts = charts.number_charts(blocks)
    if numbered_charts and common_options.dry_run:
        console.log("would", f"write {pluralize(len(numbered_charts), 'chart')} to {folder}")
    elif numbered_charts:
        write.make_folder(str(folder))
        number_format = load_language().number_format
        for name, chart in numbered_charts:
            write.write_file(str(folder / f"{name}.svg"), charts.render_svg_file(chart, number_format).encode())
            if with_png:
                write.write_file(str(folder / f"{name}.png"), charts.render_png(chart, number_format))
        console.log("wrote", f"{folder} ({pluralize(len(numbered_charts), 'chart')})", path=str(folder))
    if folder.is_dir() and not common_options.dry_run:
        suffixes = ("svg", "png") if with_png else ("svg",)
        _remove_stale_charts(folder, {f"{name}.{suffix}" for name, _ in numbered_charts for suffix in suffixes})
    return quote(folder.name) if numbered_charts else ""


def _remove_stale_charts(folder: Path, kept_names: set[str]) -> None:
    from segcli.io import write

    with write.report_write_errors(str(folder)):
        for path in folder.iterdir():
            if _CHART_FILE_PATTERN.fullmatch(path.name) and path.name not in kept_names:
                path.unlink()


def write_result(result: "Result", common_options: CommonOptions, console: Console) -> None:
    """Render the result and write it to -o or stdout."""
    format_name = terminal.select_format(common_options, is_document=result.document)
    if format_name in {"csv", "tsv"}:
        result = escape_formulas(result, console)
    elif format_name == "table" and not common_options.verbose:
        result = drop_details(result)
    if common_options.output in (None, "-"):
        from segcli.reports import formats

        display_result(result, formats.load_format(format_name), common_options, console)
    else:
        from segcli.reports import formats

        page = terminal.build_page(common_options, to_terminal=False)
        result = translate_for_user(result)
        if format_name == "md" and str(common_options.output).lower().endswith(".md"):
            path = Path(str(common_options.output))
            folder = path.with_name(f"{path.stem}-charts")
            charts_path = write_charts(folder, result.blocks, common_options, console, with_png=False)
            page = replace(page, charts_path=charts_path)
        save_file(
            str(common_options.output),
            formats.encode_result(formats.load_format(format_name), result, page),
            common_options,
            console,
        )


def drop_details(result: "Result") -> "Result":
    """Return the result without technical details below its tables."""
    from segcli.message import is_detail
    from segcli.reports.blocks import Text

    visible_blocks: list[Block] = []
    for block in result.blocks:
        lines = [line for line in block.lines if not is_detail(line)] if isinstance(block, Text) else []
        if isinstance(block, Text) and len(lines) < len(block.lines):
            visible_blocks += [replace(block, lines=lines)] * bool(lines)
        else:
            visible_blocks.append(block)
    return replace(result, blocks=tuple(visible_blocks))


def translate_for_user(result: "Result") -> "Result":
    """Return the result in the user's language."""
    if terminal.is_english():
        return result
    from segcli.reports.translation import translate_result

    return translate_result(result, terminal.load_language())


def escape_formulas(result: "Result", console: Console) -> "Result":
    """Escape cells that a spreadsheet would run as formulas, unless disabled; log the number of escaped cells."""
    if not console.escapes_formulas:
        return result
    from segcli.io.csv_injection import escape_table

    rows, changed_cells = escape_table(result.rows)
    if changed_cells:
        console.log(
            "escaped",
            count_message(
                "{count} cell that a spreadsheet would run as a formula",
                "{count} cells that a spreadsheet would run as a formula",
                changed_cells,
            ),
        )
    return replace(result, rows=rows)


def render_csv(result: "Result", console: Console) -> str:
    """Return the rows as CSV with formulas escaped; every CSV file other than the result of -o is written this way."""
    from segcli.reports.formats import Page, csv

    return csv.render(escape_formulas(result, console), Page())


def display_result(
    result: "Result", output_format: "OutputFormat", common_options: CommonOptions, console: Console
) -> None:
    """Write a result to stdout; on a terminal, messages come before the result, in a pipe after it."""
    from segcli.reports import formats

    to_terminal = terminal.is_terminal(sys.stdout)
    result = translate_for_user(result)
    page = terminal.build_page(common_options, to_terminal=to_terminal)
    if to_terminal:
        text = output_format.render(result, page)
        console.flush()
        terminal.write_stdout(text)
    else:
        terminal.write_chunks(formats.encode_result(output_format, result, page))


def save_file(path: str, content: str | Iterable[bytes], common_options: CommonOptions, console: Console) -> None:
    """Write a file atomically and log it; with --dry-run only log it."""
    from segcli.io import write

    if common_options.dry_run:
        console.log("would", message("write {path}", path=path))
        return
    write.write_file(path, content.encode() if isinstance(content, str) else content)
    console.log("wrote", path, path=path)
