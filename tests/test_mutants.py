"""The changes that tests/mutants.py tries: one at a time, of what runs, and the file is whole again after each."""

import ast
import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

pytest.importorskip("resource", reason="a mutant runs with a memory limit")
SOURCE = '''"""What it is for."""

LIMIT: int = 3


def least(a, b, *, key=None):
    """The lesser one."""
    if a < b and not key:
        return sorted([a, b + LIMIT], key=key)
    raise ValueError("no 'a' is that large")


def say(a):
    """In words."""
    return message("{a} is least", a=a)
'''
TRIED = [
    (3, "3 -> 4"),
    (8, "if a < b and (not key): -> if True:"),
    (8, "if a < b and (not key): -> if False:"),
    (8, "a < b and (not key) -> a < b or not key"),
    (8, "a < b -> a <= b"),
    (8, "not key -> key"),
    (9, "return sorted([a, b + LIMIT], key=key) -> return None"),
    (9, "sorted([a, b + LIMIT], key=key) -> sorted([a, b + LIMIT])"),
    (9, "b + LIMIT -> b - LIMIT"),
    (15, "return message('{a} is least', a=a) -> return None"),
    (15, "message('{a} is least', a=a) -> message('{a} is least')"),
]


@pytest.fixture(scope="module")
def mutants() -> ModuleType:
    spec = importlib.util.spec_from_file_location("mutants", Path(__file__).with_name("mutants.py"))
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_one_thing_is_changed_at_a_time(mutants: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "least.py"
    path.write_text(SOURCE, encoding="utf-8")
    tried = list(mutants.mutants(path))
    assert [(line, said) for line, said, _ in tried] == TRIED
    whole = compile(ast.parse(SOURCE), str(path), "exec")
    codes = [code for *_, code in tried]
    assert all(one != other for place, one in enumerate(codes) for other in [whole, *codes[:place]])


def test_a_file_is_tried_on_its_mirrored_tests_and_its_examples(mutants: ModuleType) -> None:
    root = Path(__file__).parents[1]
    assert mutants.tests_of(root / "segcli" / "io" / "csv_injection.py") == [
        str(root / "tests" / "io" / "test_csv_injection.py"),
        "tests/test_doctests.py::test_examples_of_a_module[csv_injection]",
    ]
