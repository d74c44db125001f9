"""Catalogues: each whole, each true to the English facts; and a report of which nothing is left in English."""

import dataclasses
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segcli import i18n
from segcli.config import yaml_loader
from segcli.i18n.catalogue import Catalogue, NumberFormat, SentenceTemplate
from segcli.reports.blocks import Card, Chart, Column, Result, Table
from segcli.reports.translation import translate_result

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "segcli" / "i18n"
OTHERS = [code for code in i18n.language_codes() if code != i18n.ENGLISH_CODE]
SECTIONS = ("words", "cells", "sentences")
FACT = re.compile(r"\{[#*]?(\w+)(?::[^{}]*)?\}")


def told(code: str) -> dict[str, Any]:
    return dict(yaml_loader.load_text_values((FOLDER / f"{code}.yaml").read_text(encoding="utf-8")))


def test_four_at_least_are_there() -> None:
    assert {"en", "ru", "vi", "zh"} <= set(i18n.language_codes())


@pytest.mark.parametrize("code", OTHERS)
@pytest.mark.parametrize("section", SECTIONS)
def test_no_key_is_missing_in_any(code: str, section: str) -> None:
    everywhere = {key for other in OTHERS for key in told(other)[section]}
    assert set(told(code)[section]) == everywhere


@pytest.mark.parametrize("code", OTHERS)
def test_every_sentence_tells_the_facts_of_the_english_one(code: str) -> None:
    for english, other in told(code)["sentences"].items():
        assert set(FACT.findall(english)) == set(FACT.findall(other)), english
    for section in ("words", "cells"):
        assert all(text and "{" not in text for text in told(code)[section].values())


@pytest.mark.parametrize("code", OTHERS)
def test_labels_of_standard_error_leave_a_blank_in_their_column(code: str) -> None:
    from segcli.cli.terminal import LABEL_WIDTH, display_width

    words = told(code)["words"]
    for label in ("read", "columns", "kept", "money", "note", "as of", "warning", "wrote", "next", "preset"):
        assert display_width(words[label]) < LABEL_WIDTH, words[label]


@pytest.mark.parametrize(
    ("code", "english", "other"),
    [
        (
            "ru",
            "1 customers, 22 orders, revenue 8.91 M as of 2026-07-01.",
            "1 клиент, 22 заказа, выручка 8,91 млн на 01.07.2026.",
        ),
        (
            "ru",
            "1 customer, 1 order, revenue 5.00 as of 2026-07-01.",
            "1 клиент, 1 заказ, выручка 5,00 на 01.07.2026.",
        ),
        ("ru", "orders.csv  1 line  utf-8  ','", "orders.csv  1 строка  utf-8  ','"),
        ("ru", "age: 1 missing value filled with the median", "age: 1 пропуск заменён медианой"),
        ("zh", "Of 1 rfm segment, Champions has the highest share: 42% of revenue from 14% of customers.", None),
        (
            "ru",
            "11 customers, 2,021 orders, revenue 1,234.50 as of 2026-07-01.",
            "11 клиентов, 2 021 заказ, выручка 1 234,50 на 01.07.2026.",
        ),
        ("ru", "rejected: no customer id", "отклонено: нет номера клиента"),
        (
            "ru",
            "top channel = bücher; kitsch 31%, 3.1x (+0.8 sd)",
            "основной канал: bücher; kitsch 31 %, 3,1\u00d7 (+0,8 ст. откл.)",
        ),
        (
            "ru",
            "orders 12, 2.9x (+1.4 sd); top payment = paypal 43%, 1.4x (+0.3 sd, n = 21)",
            "заказы 12, 2,9\u00d7 (+1,4 ст. откл.); основная оплата: paypal 43 %, 1,4\u00d7 (+0,3 ст. откл., n = 21)",
        ),
        ("vi", "Of 10 rfm segments, Champions has the highest share: 42% of revenue from 14% of customers.", None),
        ("zh", "The top 20% of customers generate 68% of revenue.", None),
    ],
)
def test_sentences(code: str, english: str, other: str | None) -> None:
    found = i18n.load_language(code).translate_text(english)
    if other is None:
        assert found != english
        assert all(figure in found for figure in re.findall(r"\d+", english))
    else:
        assert found.replace("\u00a0", " ") == other


def test_names_stay_as_they_are() -> None:
    found = i18n.load_language("ru").translate_text(
        "Of 4 mine segments, Share has the highest share: 42% of revenue from 14% of customers."
    )
    assert "Share" in found
    assert "Доля" not in found


@settings(max_examples=200, deadline=None)
@given(text=st.text(max_size=80), code=st.sampled_from(OTHERS))
def test_any_text_is_retold_or_stays(text: str, code: str) -> None:
    language = i18n.load_language(code)
    for way in (language.translate_text, language.translate_cell, language.translate_title):
        assert isinstance(way(text), str)
    strange = (
        f"\u2603{text.replace(';', '').replace('.', '').replace(',', '').replace('   ', '').replace('·', '')}\u2603"
    )
    assert language.translate_text(strange) == strange


@settings(max_examples=200, deadline=None)
@given(value=st.floats(-1e9, 1e9), digits=st.integers(0, 3))
def test_a_figure_keeps_its_value(value: float, digits: int) -> None:
    english = f"{value:,.{digits}f}"
    for figures in (NumberFormat(), NumberFormat("\u00a0", ","), NumberFormat(".", ",")):
        other = figures.translate_number(english)
        assert other is not None
        assert float(other.replace(figures.group, "").replace(figures.decimal, ".")) == float(english.replace(",", ""))


@pytest.mark.parametrize(
    ("number", "form"),
    [("1", "a"), ("21", "a"), ("2", "b"), ("1,004", "b"), ("11", "c"), ("5", "c"), ("0", "c"), ("2.5", "b")],
)
def test_forms_go_with_numbers(number: str, form: str) -> None:
    sentence = SentenceTemplate("{#n} things", "{n:a|b|c}", NumberFormat())
    facts = sentence.match_values(f"{number} things")
    assert facts is not None
    assert sentence.translate_values(facts, facts) == form


def run(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "segcli", *arguments], cwd=ROOT, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("layout", ["csv", "json"])
def test_what_programs_read_stays_as_it_is(layout: str) -> None:
    english = run("rfm", "sample_data/orders.csv", "-q", "-f", layout)
    assert run("rfm", "sample_data/orders.csv", "-q", "-f", layout, "--lang", "zh") == english


def test_an_unknown_language_is_refused() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "segcli", "rfm", "sample_data/orders.csv", "--lang", "xx"],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 2
    assert ", ".join(i18n.language_codes()) in done.stderr


def texts(shown: Any) -> Iterator[str]:
    """All texts of blocks, in order; of rows only sentences, since cells are mostly names."""
    if isinstance(shown, str):
        yield shown
    elif dataclasses.is_dataclass(shown):
        for field in dataclasses.fields(shown):
            if field.name not in {"rows", "data", "name"}:
                yield from texts(getattr(shown, field.name))
    elif isinstance(shown, list | tuple):
        for one in shown:
            yield from texts(one)


@pytest.mark.long
def test_nothing_of_a_report_is_left_in_english(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from segcli import cli
    from segcli.reports import report

    left: dict[str, list[str]] = {}
    write = report.build_report

    def looked(findings: Any, asked: Any) -> Any:
        result = write(findings, asked)
        named = {name for one in findings.segmentations for name in (one.column, one.name, *one.segments)}
        named |= {*findings.customers.table.columns, "growth first"}  # the last is the config's own
        named |= {name.replace("_", " ").capitalize() for one in findings.segmentations for name in one.segments}
        for code in OTHERS:
            told_so = texts(translate_result(result, i18n.load_language(code)).blocks)
            left[code] = [
                english
                for english, other in zip(texts(result.blocks), told_so, strict=True)
                if re.search("[a-z]{2}", english) and english == other and english not in named
                if not known(english, i18n.load_language(code))
            ]
        return result

    monkeypatch.setattr(report, "build_report", looked)
    monkeypatch.chdir(ROOT)
    sections = (
        "summary,quality,segments,heatmap,profile,stability,bases,personas,experience,rates,cohorts,clv,backtest,"
        "migration,scorecard,targets,plan,fairness,privacy"
    )
    typed = ["segcli", "report", "-c", "configs/retail.yaml", "-q", "--sections", sections, "--title"]
    monkeypatch.setattr(sys, "argv", [*typed, "Customer segments", "-f", "json", "-o", str(tmp_path / "report.json")])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 0
    assert left == {code: [] for code in OTHERS}


def known(english: str, language: Catalogue) -> bool:
    """Whether the language says it in the same words."""
    return english in {**language.words, **language.cells} or any(s.match_values(english) for s in language.sentences)


def test_english_is_not_retold() -> None:
    assert i18n.load_language("en").is_english
    assert json.loads(run("rfm", "sample_data/orders.csv", "-q", "-f", "json", "--lang", "en"))


def test_a_name_or_a_setting_that_looks_like_a_figure_stays() -> None:
    table = Table(
        [Column("Setting", align_right=False), Column("Value", align_right=False), Column("Share")],
        [["1.5", "0.25", "0.25"]],
    )
    (told_so,) = translate_result(Result(pd.DataFrame(), dict, (table,)), i18n.load_language("ru")).blocks
    assert isinstance(told_so, Table)
    assert list(told_so.rows[0]) == ["1.5", "0.25", "0,25"]


HOSTILE_NAMES = ("5 orders", "unknown", "Champions", "12 d", "Summary", "2026-07-01", "read")


@pytest.mark.parametrize("code", OTHERS)
def test_names_of_segments_stay_as_they_are(code: str) -> None:
    """A name may be a word or a figure of segcli itself: in tables, cards and charts it is a name all the same."""
    columns = [Column("Segment", align_right=False), Column("Customers"), Column("Note", align_right=False)]
    table = Table(columns, [[name, "5 orders", "unknown"] for name in HOSTILE_NAMES])
    data = {"segments": [{"name": name, "told": "12 d"} for name in HOSTILE_NAMES]}
    cards = [Card(name, "", "", [("Orders", name)], "") for name in HOSTILE_NAMES]
    chart = Chart("treemap", "Segments", "", data, [table])
    result = Result(pd.DataFrame(), dict, (table, chart, *cards))
    translated = translate_result(result, i18n.load_language(code)).blocks
    assert [row[0] for row in translated[0].rows] == list(HOSTILE_NAMES)
    assert [segment["name"] for segment in translated[1].data["segments"]] == list(HOSTILE_NAMES)
    assert [card.title for card in translated[2:]] == list(HOSTILE_NAMES)
    assert translated[0].columns[1].title != "Customers", "titles are translated"
