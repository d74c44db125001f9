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


# Charts of a Markdown report: SVG files in a folder named after the report
_CHART_FILE_PATTERN = re.compile(r"\d\d+-[a-z-]+\.svg")


def write_charts(report_path: str, blocks: "Sequence[Block]", common_options: CommonOptions, console: Console) -> str:
    """Write the charts of a document and remove those of an earlier one, which may reveal more.

    Returns:
        The folder as a link from the document; blank if there are no charts or matplotlib is missing.
    """
    from segcli.io import write
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
            page = replace(
                page,
                charts_path=write_charts(str(common_options.output), result.blocks, common_options, console),
            )
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
