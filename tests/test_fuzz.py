"""Whatever the bytes: a documented exit code, one line that says why, and no traceback.

`pytest --hypothesis-profile=campaign tests/test_fuzz.py` tries 2,000 inputs of each kind.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from segcli.cli import _run_arguments
from segcli.config import yaml_loader
from segcli.errors import ConfigProblems
from segcli.ingest import dates, number_parsing
from segcli.ingest.date_errors import DateError

EXAMPLES = settings.default.max_examples if settings.get_current_profile_name() == "campaign" else 33
DOCUMENTED = {0, 2, 3, 4, 5}
ORDERS = b"customer_id,order_id,order_date,amount\na,1,2026-01-13,5.00\nb,2,2026-01-02,6.00\na,3,2026-01-20,7.50\n"
MODEL = b'{"schema": "segcli.rfm-model/1", "columns": ["recency_days"], "cuts": {"r": [1, NaN]}, "sha256": "00"}'
CONFIG = b"version: 1\ningest:\n  transactions: {path: orders.csv}\nrfm: {bins: 5}\n"
STRUCTURE = (
    b",",
    b";",
    b"\t",
    b'"',
    b"\n",
    b"\r\n",
    b"\r",
    b"\0",
    b"\xff",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"sep=|\n",
    b"'",
    b"\\",
)
VALUES = (b"1e999", b"-", b"(5)", b"NaN", b"2026-13-45", b"=1+1", b"\x1b[31m", b"\x1f\x8b", b"BZh", b"PK\x03\x04")
MARKS = (
    b"{",
    b"}",
    b"[",
    b"]",
    b": ",
    b"- ",
    b"&a ",
    b"*a",
    b"!!",
    b"|",
    b"#",
    b"%",
    b"\xc3\xa9",
    b"\xe2\x80\xae",
    b"\xed\xa0\x80",
)
PIECES = st.sampled_from(STRUCTURE + VALUES + MARKS)


@st.composite
def mutated(draw: st.DrawFn, seed: bytes) -> bytes:
    """A sound file with pieces put in, cut out and doubled; or bytes of any kind."""
    if draw(st.integers(0, 4)) == 0:
        return draw(st.binary(max_size=200))
    body = seed
    for _ in range(draw(st.integers(1, 6))):
        place, length = draw(st.integers(0, len(body))), draw(st.integers(0, 12))
        what = draw(st.one_of(PIECES, st.just(b""), st.just(body[place : place + length]), st.binary(max_size=4)))
        body = body[:place] + what + body[place + draw(st.sampled_from([0, 0, length])) :]
    return body


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, bytes, str], int]:
    """Run a command line in a folder where one file has these bytes."""
    folder = tmp_path_factory.mktemp("fuzz")
    (folder / "orders.csv").write_bytes(ORDERS)

    def code_of(name: str, body: bytes, line: str) -> int:
        (folder / name).write_bytes(body)
        return _run_arguments([*line.format(folder=folder).split(), "-q", "-o", str(folder / "out.csv")])

    return code_of


DECISIVE_NOTES = ("note ", "warning ", "kept ", "money ")  # which --quiet keeps where much money hangs on them
FUZZED = settings(deadline=None, max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))


def _one_line(capsys: pytest.CaptureFixture[str], code: int) -> None:
    said = capsys.readouterr().err
    assert code in DOCUMENTED, said
    assert "Traceback" not in said
    assert "bug:" not in said
    errors = [line for line in said.splitlines() if not line.startswith(DECISIVE_NOTES)]
    assert (code == 0) == (not errors) or code == 4


@FUZZED
@given(body=mutated(ORDERS))
@example(b"")
@example(b"\xff\xfe")
@example(b"\x1f\x8b\x08")
@example(b'"')
def test_any_bytes_as_an_export(run: Callable[..., int], capsys: pytest.CaptureFixture[str], body: bytes) -> None:
    _one_line(capsys, run("in.csv", body, "rfm {folder}/in.csv"))


@FUZZED
@given(body=mutated(CONFIG))
@example(b"\xef\xbb\xbf")
@example(b"a: &a [*a]")
def test_any_bytes_as_settings(run: Callable[..., int], capsys: pytest.CaptureFixture[str], body: bytes) -> None:
    code = run("in.yaml", body, "rfm {folder}/orders.csv -c {folder}/in.yaml")
    said = capsys.readouterr().err
    assert code in DOCUMENTED, said
    assert "Traceback" not in said
    assert "bug:" not in said


@FUZZED
@given(body=mutated(MODEL))
def test_any_bytes_as_a_saved_model(run: Callable[..., int], capsys: pytest.CaptureFixture[str], body: bytes) -> None:
    _one_line(capsys, run("in.json", body, "rfm {folder}/orders.csv --model {folder}/in.json"))


@FUZZED
@given(
    words=st.lists(
        st.one_of(
            st.text(max_size=8),
            st.sampled_from(["-o", "--set", "rfm.bins=3", "--map", "a=b", "-q", "rfm", "check", "--as-of"]),
        ),
        max_size=6,
    )
)
def test_any_command_line(
    capfd: pytest.CaptureFixture[str],
    words: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    code = _run_arguments(words)
    assert code in DOCUMENTED, capfd.readouterr().err
    assert "Traceback" not in capfd.readouterr().err


TEXTS = st.lists(
    st.one_of(st.text(max_size=12), st.from_regex(r"[-(]?[$€]?[0-9.,' ]{1,9}[)-]?", fullmatch=True)),
    min_size=1,
    max_size=6,
)


@settings(deadline=None, max_examples=EXAMPLES)
@given(texts=TEXTS, decimal=st.sampled_from([None, ".", ","]))
def test_any_texts_as_numbers(texts: list[str], decimal: str | None) -> None:
    try:
        found = number_parsing.parse_numbers(pa.chunked_array([pa.array(texts, pa.string())]), decimal)
    except (number_parsing.AmbiguousDecimalError, number_parsing.MixedDecimalError):
        return
    assert len(found.values) == len(texts)
    assert not np.isinf(found.values).any()
    assert (np.isnan(found.values) == (found.missing | found.unreadable)).all()


DAYS = st.from_regex(
    r"[0-9]{1,4}[-/. ][0-9A-Za-z]{1,4}[-/. ][0-9]{1,4}([ T][0-9:]{4,8})?( ?[+-][0-9:]{4,5}|Z)?", fullmatch=True
)


@settings(deadline=None, max_examples=EXAMPLES)
@given(
    texts=st.lists(st.one_of(st.text(max_size=12), DAYS), min_size=1, max_size=6),
    form=st.sampled_from([None, "%d.%m.%Y", "%d/%m/%y", "excel", "epoch_s", "epoch_us", "%Y"]),
)
def test_any_texts_as_dates(texts: list[str], form: str | None) -> None:
    try:
        found = dates.parse_dates(pa.chunked_array([pa.array(texts, pa.string())]), form or (), century=1950)
    except DateError:
        return
    assert len(found.values) == len(texts)
    assert (np.isnat(found.values) == (found.missing | found.unreadable)).all()


@settings(deadline=None, max_examples=EXAMPLES)
@given(text=st.one_of(st.text(max_size=60), mutated(CONFIG).map(lambda body: body.decode("utf-8", errors="replace"))))
def test_any_text_as_yaml(text: str) -> None:
    try:
        yaml_loader.parse_document(text, "in.yaml")
    except ConfigProblems as problems:
        refused = problems.message_lines
    else:
        refused = ["in.yaml"]
    assert all(line.startswith("in.yaml") for line in refused)
