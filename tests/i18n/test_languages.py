"""Catalogues: each complete and true to the English templates; and a report of which nothing is left in English."""

import dataclasses
import io
import json
import os
import pickle
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from babel.messages import mofile, pofile
from babel.messages.catalog import Catalog
from hypothesis import given, settings
from hypothesis import strategies as st

from segcli import i18n, plugins
from segcli.formatting import FormattedNumber, format_count, format_money, format_share
from segcli.i18n.catalogue import Catalogue, NumberFormat
from segcli.message import Message, count_message, join_messages, list_fields, message, tabulate_messages
from segcli.model import Trait
from segcli.reports.blocks import Card, Chart, Column, Heading, Result, Table
from segcli.reports.persona_cards import format_trait
from segcli.reports.translation import translate_result
from tests.i18n.message_sources import MessageKey, collect_messages

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "segcli" / "i18n"
OTHERS = [code for code in plugins.list_language_codes() if code != plugins.ENGLISH_CODE]
KEYS = collect_messages()


def read_po(code: str) -> Catalog:
    return pofile.read_po(io.BytesIO((FOLDER / f"{code}.po").read_bytes()), locale=code)


def compile_po(code: str) -> bytes:
    compiled = io.BytesIO()
    mofile.write_mo(compiled, read_po(code))
    return compiled.getvalue()


def translations(code: str) -> Mapping[MessageKey, tuple[str, ...]]:
    """Return the plural forms of each entry; one form for messages without a count."""
    found = {}
    for entry in read_po(code):
        ids = entry.id if isinstance(entry.id, tuple) else (entry.id,)
        strings = entry.string if isinstance(entry.string, tuple) else (entry.string,)
        found[MessageKey(entry.context or "", *ids)] = strings
    found.pop(MessageKey("", ""))
    return found


def needs_translation(key: MessageKey) -> bool:
    """Whether a template has words of its own."""
    template = key.plural or key.singular
    for name, format_spec in list_fields(template):
        template = template.replace(f"{{{name}:{format_spec}}}" if format_spec else f"{{{name}}}", "")
    return bool(key.context) or any(character.isalpha() for character in template)


def test_four_languages_exist() -> None:
    assert {"en", "ru", "vi", "zh"} <= set(plugins.list_language_codes())
    assert {path.stem for path in FOLDER.glob("*.po")} == {path.stem for path in FOLDER.glob("*.mo")} == set(OTHERS)


@pytest.mark.parametrize("code", sorted(path.stem for path in FOLDER.glob("*.po")))
def test_compiled_catalogue_matches_its_source(code: str) -> None:
    """UPDATE_DOCS=1 writes the compiled catalogue."""
    if os.environ.get("UPDATE_DOCS"):
        (FOLDER / f"{code}.mo").write_bytes(compile_po(code))
    assert (FOLDER / f"{code}.mo").read_bytes() == compile_po(code)


@pytest.mark.parametrize("code", OTHERS)
def test_every_message_is_translated_and_none_is_left_over(code: str) -> None:
    known = translations(code)
    assert [key for key in KEYS if needs_translation(key) and key not in known] == []
    assert sorted(set(known) - set(KEYS)) == []


@pytest.mark.parametrize("code", OTHERS)
def test_translations_have_the_fields_of_the_template(code: str) -> None:
    plural_count = read_po(code).num_plurals
    for key, strings in translations(code).items():
        assert len(strings) == (plural_count if key.plural else 1), key
        for string in strings:
            assert string.strip() or key.context == "unit", key
            assert list_fields(string) == list_fields(key.plural or key.singular), key


def test_templates_of_a_count_have_the_same_fields() -> None:
    for key in KEYS:
        if key.plural:
            assert list_fields(key.singular) | {("count", "")} == list_fields(key.plural) | {("count", "")}, key


@pytest.mark.parametrize("code", OTHERS)
def test_labels_of_standard_error_leave_a_blank_in_their_column(code: str) -> None:
    from segcli.cli.terminal import _LABELS, LABEL_WIDTH, display_width

    for label in _LABELS.values():
        assert display_width(i18n.load_language(code).translate(label)) < LABEL_WIDTH, label


def spaces(text: str) -> str:
    return text.replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("code", "text", "expected"),
    [
        ("ru", count_message("{count} order", "{count} orders", 22), "22 заказа"),
        ("ru", count_message("{count} order", "{count} orders", 2021), "2 021 заказ"),
        ("ru", count_message("{count} order", "{count} orders", 11), "11 заказов"),
        ("ru", count_message("{count} order", "{count} orders", FormattedNumber("2.5", 2.5)), "2,5 заказа"),
        ("vi", count_message("{count} order", "{count} orders", 22), "22 đơn hàng"),
        ("zh", count_message("{count} order", "{count} orders", 1), "1 笔订单"),
        ("ru", message("revenue {money}", money=format_money(8911407.9)), "выручка 8,91 млн"),
        ("ru", message("as of {day}", day=date(2026, 7, 1)), "на 01.07.2026"),
        ("vi", message("as of {day}", day=date(2026, 7, 1)), "đến ngày 01/07/2026"),
        ("ru", message("rejected: {reason}", reason=message("no customer id")), "отклонено: нет номера клиента"),
        ("ru", join_messages(" and ", ["A", message("revenue")]), "A и выручка"),
        ("zh", join_messages(", ", ["A", "B"]), "A、B"),
        ("ru", format_share(0.31), "31 %"),
        ("ru", format_count(12345), "12 345"),
        ("ru", message("never seen before"), "never seen before"),
    ],
)
def test_messages(code: str, text: str, expected: str) -> None:
    assert spaces(i18n.load_language(code).translate(text)) == expected


@settings(max_examples=50, deadline=None)
@given(text=st.text(max_size=80), code=st.sampled_from(OTHERS))
def test_data_stay_as_they_are(text: str, code: str) -> None:
    language = i18n.load_language(code)
    assert language.translate(text) == text
    assert text in language.translate(message("What sets {segment} apart", segment=text))
    assert language.translate(join_messages("; ", [text])) == text


@settings(max_examples=50, deadline=None)
@given(value=st.floats(-1e9, 1e9), digits=st.integers(0, 3))
def test_a_number_keeps_its_value(value: float, digits: int) -> None:
    english = f"{value:,.{digits}f}"
    for figures in (NumberFormat(), NumberFormat("\u00a0", ","), NumberFormat(".", ",")):
        other = figures.translate_number(english)
        assert other is not None
        assert float(other.replace(figures.group, "").replace(figures.decimal, ".")) == float(english.replace(",", ""))


def test_messages_survive_copies_and_tables() -> None:
    counted = count_message("{count} order", "{count} orders", 2)
    copied = pickle.loads(pickle.dumps(join_messages(", ", [counted])))  # noqa: S301 - our own bytes
    table = tabulate_messages([["A", counted]], ["segment", "reason"])
    assert i18n.load_language("ru").translate(copied) == "2 заказа"
    assert i18n.load_language("ru").translate(table["reason"].iloc[0]) == "2 заказа"
    assert table["segment"].dtype == "str"
    assert json.dumps(copied) == '"2 orders"'


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
    assert ", ".join(plugins.list_language_codes()) in done.stderr


def texts(shown: Any) -> Iterator[str]:
    """All texts of blocks, in order; of rows only sentences, since cells are mostly names."""
    if isinstance(shown, str):
        yield shown
    elif dataclasses.is_dataclass(shown):
        for field in dataclasses.fields(shown):
            if field.name not in {"rows", "data", "name", "anchor", "row_anchors"}:
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
        named |= {label for label in findings.labels.label_by_name.values() if not isinstance(label, Message)}
        for code in OTHERS:
            translated = texts(translate_result(result, i18n.load_language(code)).blocks)
            left[code] = [
                english
                for english, other in zip(texts(result.blocks), translated, strict=True)
                if re.search("[a-z]{2}", english) and english == other and english not in named
                if not is_translated(english, i18n.load_language(code))
            ]
        return result

    monkeypatch.setattr(report, "build_report", looked)
    monkeypatch.chdir(ROOT)
    sections = (
        "summary,quality,segments,heatmap,profile,stability,bases,personas,experience,rates,cohorts,clv,backtest,"
        "migration,trends,scorecard,targets,plan,fairness,privacy"
    )
    typed = [
        "segcli",
        "report",
        "-c",
        "configs/retail.yaml",
        "-q",
        "--set",
        "cluster.pairs=8",
        "--sections",
        sections,
        "--title",
    ]
    monkeypatch.setattr(sys, "argv", [*typed, "Customer segments", "-f", "json", "-o", str(tmp_path / "report.json")])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 0
    assert left == {code: [] for code in OTHERS}


def is_translated(english: str, language: Catalogue) -> bool:
    """Whether the catalogue has an entry for a text that reads the same in both languages."""
    template = getattr(english, "template", "")
    return bool(template) and (MessageKey("", template, getattr(english, "plural", "")) in translations(language.code))


def test_english_is_not_translated() -> None:
    assert i18n.load_language("en").is_english
    assert json.loads(run("rfm", "sample_data/orders.csv", "-q", "-f", "json", "--lang", "en"))


def test_a_name_or_a_setting_that_looks_like_a_number_stays() -> None:
    table = Table(
        [Column("Setting", align_right=False), Column("Value", align_right=False), Column("Share")],
        [["1.5", "0.25", FormattedNumber("0.25", 0.25)]],
    )
    (translated,) = translate_result(Result(pd.DataFrame(), dict, (table,)), i18n.load_language("ru")).blocks
    assert isinstance(translated, Table)
    assert list(translated.rows[0]) == ["1.5", "0.25", "0,25"]


HOSTILE_NAMES = ("5 orders", "unknown", "Champions", "12 d", "Summary", "2026-07-01", "read", "{count}", "%(s)s")


@pytest.mark.parametrize("code", OTHERS)
def test_names_of_segments_stay_as_they_are(code: str) -> None:
    """A name may be a word or a number of segcli itself: in tables, cards and charts it is a name all the same."""
    columns = [Column(message("Segment"), align_right=False), Column(message("Customers"))]
    table = Table(columns, [[name, "5 orders"] for name in HOSTILE_NAMES])
    data = {"segments": [{"name": name, "told": "12 d"} for name in HOSTILE_NAMES]}
    cards = [Card(name, "", "", [(message("Orders"), name)], "") for name in HOSTILE_NAMES]
    chart = Chart("treemap", message("Segments"), "", data, [table])
    result = Result(pd.DataFrame(), dict, (table, chart, *cards, *map(Heading, HOSTILE_NAMES)))
    translated: Any = translate_result(result, i18n.load_language(code)).blocks
    assert [row[0] for row in translated[0].rows] == list(HOSTILE_NAMES)
    assert [segment["name"] for segment in translated[1].data["segments"]] == list(HOSTILE_NAMES)
    assert [card.title for card in translated[2 : 2 + len(cards)]] == list(HOSTILE_NAMES)
    assert [heading.text for heading in translated[2 + len(cards) :]] == list(HOSTILE_NAMES)
    assert translated[0].columns[1].title != "Customers", "titles are translated"


@pytest.mark.parametrize("code", OTHERS)
@pytest.mark.parametrize("column", ["top_product", "city"])
@pytest.mark.parametrize("level", HOSTILE_NAMES)
def test_products_and_cities_in_trait_sentences_stay_as_they_are(code: str, column: str, level: str) -> None:
    trait = Trait(column, 0.5, 0.25, 200.0, 0.8, 50, level)
    text = i18n.load_language(code).translate(format_trait(trait, 100))
    assert level in text
    assert "sd" not in text.replace(level, ""), "the sentence around it is translated"
