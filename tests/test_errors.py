"""Every refusal tells the next step: a remedy, what there is to choose from, or what it must be."""

import ast
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "segcli"
KINDS = {"InputProblem", "UsageProblem", "ExportProblem", "EnvironmentProblem", "Locked"}
STEPS = (
    *(
        "remedy=",
        "add_remedy(",
        "there is",
        "known:",
        "must be",
        "must not",
        "; ",
        ". ",
        ": name ",
        "the header has",
        "needs",
        "only",
    ),
    *("pip install", "or ", "--set", "leave"),
)
OF_OTHERS = {  # these hand on what others say, or are sentences of a report
    *("persona/analysis.py", "segment/bases/_places.py", "segment/sql/definitions.py", "reports/value_results.py"),
    "reports/optional_analyses.py",
}


def refusals() -> Iterator[tuple[str, str]]:
    """Where something is refused, and how."""
    for path in sorted(PACKAGE.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in KINDS:
                yield str(path.relative_to(PACKAGE)), ast.get_source_segment(text, node) or ""


def test_every_refusal_tells_the_next_step() -> None:
    found = list(refusals())
    assert len(found) > 150
    assert [one for one in found if one[0] not in OF_OTHERS and not any(step in one[1] for step in STEPS)] == []
