"""The cells of docs/notebook.ipynb print what the notebook shows; UPDATE_DOCS=1 writes the outputs anew."""

import ast
import contextlib
import gzip
import io
import json
import os
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "docs" / "notebook.ipynb"


def run_cell(source: str, session: dict[str, Any], number: int) -> list[dict[str, Any]]:
    """Run a cell as a notebook does: what it prints, then the value of its last expression."""
    body = ast.parse(source).body
    last = ast.Expression(body.pop().value) if isinstance(body[-1], ast.Expr) else None  # type: ignore[attr-defined]
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(ast.Module(body, []), "cell", "exec"), session)  # noqa: S102 - our own notebook
        value = None if last is None else eval(compile(last, "cell", "eval"), session)  # noqa: S307 - our own notebook
    outputs: list[dict[str, Any]] = []
    if printed.getvalue():
        text = printed.getvalue().splitlines(keepends=True)
        outputs.append({"name": "stdout", "output_type": "stream", "text": text})
    if value is not None:
        data = {"text/plain": repr(value).splitlines(keepends=True)}
        outputs.append({"data": data, "execution_count": number, "metadata": {}, "output_type": "execute_result"})
    return outputs


def test_the_notebook_shows_what_its_cells_print(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "segcli-demo"
    folder.mkdir()
    for packed in (ROOT / "segcli" / "demo").glob("*.gz"):
        (folder / packed.stem).write_bytes(gzip.decompress(packed.read_bytes()))
    monkeypatch.chdir(tmp_path)
    notebook = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    session: dict[str, Any] = {}
    number = 0
    with pd.option_context("display.width", 120):
        for cell in notebook["cells"]:
            if cell["cell_type"] == "code":
                number += 1
                cell |= {"outputs": run_cell("".join(cell["source"]), session, number), "execution_count": number}
    text = json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"
    if os.environ.get("UPDATE_DOCS") == "1":
        NOTEBOOK.write_text(text, encoding="utf-8")
    assert text == NOTEBOOK.read_text(encoding="utf-8")
    assert number > 7
