"""Show a result where the user asked for it."""

import sys
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from segcli.cli import pictures, streams
from segcli.cli.options import CommonOptions
from segcli.cli.streams import Console
from segcli.counting import pluralize

if TYPE_CHECKING:
    from segcli.reports.result import Result


def write_result(result: "Result", common_options: CommonOptions, console: Console) -> None:
    """Render the result and write it to -o or stdout."""
    format_name = streams.select_format(common_options, is_document=result.document)
    if format_name in {"csv", "tsv"}:
        result = escape_formulas(result, console)
    if common_options.output in (None, "-"):
        display_result(result, format_name, common_options, console)
    else:
        from segcli.reports import formats

        page = streams.build_page(common_options, to_terminal=False)
        result = translate_for_user(result)
        if format_name == "md" and str(common_options.output).lower().endswith(".md"):
            page = replace(
                page,
                charts_path=pictures.write_charts(str(common_options.output), result.blocks, common_options, console),
            )
        save_file(
            str(common_options.output),
            formats.encode_result(formats.load_format(format_name), result, page),
            common_options,
            console,
        )


def translate_for_user(result: "Result") -> "Result":
    """The result in the language that people are told in."""
    if streams.is_english():
        return result
    from segcli.reports.retold import translate_result

    return translate_result(result, streams.load_language())


def escape_formulas(result: "Result", console: Console) -> "Result":
    """The result with cells that no spreadsheet runs, unless they are to stay; how many were changed is said."""
    if not console.escapes_formulas:
        return result
    from segcli.files.formulas import escape_table

    rows, changed_cells = escape_table(result.rows)
    if changed_cells:
        console.log("escaped", f"{pluralize(changed_cells, 'cell')} that a spreadsheet would run as a formula")
    return replace(result, rows=rows)


def render_csv(result: "Result", console: Console) -> str:
    """The rows as CSV, with cells that no spreadsheet runs: every file that is no result of -o is written by this."""
    from segcli.reports.formats import Page, csv

    return csv.render(escape_formulas(result, console), Page())


def display_result(result: "Result", format_name: str, common_options: CommonOptions, console: Console) -> None:
    """Write a result to stdout; on a terminal what there is to say comes first, in a pipe the result does."""
    from segcli.reports import formats

    output_format, to_terminal = formats.load_format(format_name), streams.is_terminal(sys.stdout)
    result = translate_for_user(result)
    page = streams.build_page(common_options, to_terminal=to_terminal)
    if to_terminal:
        text = output_format.render(result, page)
        console.flush()
        streams.write_stdout(text)
    else:
        streams.write_chunks(formats.encode_result(output_format, result, page))


def save_file(path: str, content: str | Iterable[bytes], common_options: CommonOptions, console: Console) -> None:
    """Write a file atomically and say so; with --dry-run only say so."""
    from segcli.files import write

    if common_options.dry_run:
        console.log("would", f"write {path}")
        return
    write.write_file(path, content.encode() if isinstance(content, str) else content)
    console.log("wrote", path, path=path)
