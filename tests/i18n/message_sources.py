"""All messages of the program, as a catalogue needs them: read from the source code."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import yaml

from segcli.i18n import catalogue
from segcli.reports.findings import CLUSTER_LABEL, prettify_name
from segcli.segment.bases import list_bases

PACKAGE = Path(__file__).parents[2] / "segcli"
# Modules whose messages are texts of a file that users may copy and edit.
TEXT_FILE_READERS = {"playbook.py", "touchpoints.py"}


class MessageKey(NamedTuple):
    """Key of a catalogue entry; `plural` is blank for messages without a count."""

    context: str
    singular: str
    plural: str = ""


def collect_messages() -> list[MessageKey]:
    """Return all keys, each once, in the order of the source code."""
    return list(dict.fromkeys([*_notation_keys(), *_code_keys(), *_file_keys()]))


def _notation_keys() -> Iterator[MessageKey]:
    yield MessageKey(catalogue.NUMBER_CONTEXT, catalogue.EXAMPLE_NUMBER)
    yield MessageKey(catalogue.NUMBER_CONTEXT, catalogue.DAY_TEMPLATE)
    yield from (MessageKey(catalogue.UNIT_CONTEXT, unit) for unit in catalogue.NUMBER_UNITS)


def _code_keys() -> Iterator[MessageKey]:
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                yield from _call_keys(node, path)


def _call_keys(call: ast.Call, path: Path) -> Iterator[MessageKey]:
    name = call.func.id if isinstance(call.func, ast.Name) else ""
    texts = [argument.value for argument in call.args[:2] if isinstance(argument, ast.Constant)]
    if name in {"message", "detail_message"}:
        if path.name not in {*TEXT_FILE_READERS, "message.py"} or texts:
            assert len(texts) == 1, f"{path}:{call.lineno}: a template must be a literal"
            yield MessageKey("", texts[0])
    elif name == "count_message":
        assert len(texts) == 2, f"{path}:{call.lineno}: templates must be literals"
        yield MessageKey("", texts[0], texts[1])
    elif name == "join_messages":
        assert len(texts) == 1, f"{path}:{call.lineno}: a separator must be a literal"
        if texts[0].strip():
            yield MessageKey(catalogue.SEPARATOR_CONTEXT, texts[0])


def _file_keys() -> Iterator[MessageKey]:
    """Yield the texts of the built-in playbook and touchpoints, and the names of the built-in segmentations."""
    playbook = yaml.safe_load((PACKAGE / "persona" / "playbook.yaml").read_text(encoding="utf-8"))
    actions = [*(text for part in ("segments", "avoid", "contradicted") for text in playbook[part].values())]
    actions += [entry["action"] for entry in playbook["traits"]] + [playbook["otherwise"]]
    touchpoints = yaml.safe_load((PACKAGE / "persona" / "touchpoints.yaml").read_text(encoding="utf-8"))["touchpoints"]
    texts = [record[name] for record in touchpoints for name in ("touchpoint", "message", "offer", "kpi")]
    yield from (MessageKey("", text) for text in (*actions, *texts))
    yield from (MessageKey("", prettify_name(name)) for name in (CLUSTER_LABEL, *list_bases()))
