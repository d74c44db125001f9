"""Text that is not UTF-8 is read in the encoding that makes its header known, in files of any size."""

import unicodedata
from pathlib import Path

import pytest

from segcli import columns
from segcli.config.ingest import IngestSettings, Source
from segcli.customers import load_customers
from segcli.errors import InputProblem
from segcli.ingest.encoding import CANDIDATE_ENCODINGS, decode_content, guess_encoding
from segcli.ingest.locales import load_language
from segcli.io import chunk_reader
from segcli.io.read import FileContent

STANDARDS = (columns.CUSTOMER_ID, columns.ORDER_ID, columns.ORDER_DATE, columns.AMOUNT)
ENCODINGS = {
    "ru": ["cp1251", "koi8-r"],
    "zh": ["gb18030", "gbk", "big5"],
    "ja": ["shift_jis", "cp932", "euc-jp"],
    "ko": ["euc-kr", "cp949"],
    "vi": ["cp1258"],
    "pl": ["cp1250"],
    "tr": ["cp1254"],
    "de": ["cp1252"],
    "fr": ["cp1252"],
    "es": ["cp1252"],
    "pt": ["cp1252"],
}


def header_of(language: str, encoding: str) -> str:
    """Return names that the encoding can write and ASCII cannot, as far as there are some."""
    words = load_language(language)["columns"]
    return ";".join(next((n for n in names if fits(n, encoding)), names[0]) for names in map(words.get, STANDARDS))


def detach_accent(mark: str) -> str:
    """Write the tone of a Vietnamese vowel behind it, as Windows-1258 does."""
    *vowel, tone = unicodedata.normalize("NFD", mark)
    return unicodedata.normalize("NFC", "".join(vowel)) + tone


def fits(name: str, encoding: str) -> bool:
    try:
        name.encode(encoding)
    except UnicodeEncodeError:
        return False
    return not name.isascii()


@pytest.mark.parametrize(("language", "encoding"), [(one, name) for one, names in ENCODINGS.items() for name in names])
def test_the_header_decides_in_all_languages(language: str, encoding: str) -> None:
    text = header_of(language, encoding) + "\nc1;1;2026-01-05;10,50\n"
    body = "".join(mark if fits(mark, encoding) else detach_accent(mark) for mark in text).encode(encoding)
    found = decode_content(FileContent("in.csv", body, len(body), ""), Source()).body.decode()
    assert unicodedata.normalize("NFC", found) == text


@pytest.mark.parametrize(
    "text", ["customer_id,order_date,amount\nJosé,2026-01-05,1\n", "größe,straße\n1,2\n", "Betrag,Größe\n1,2\n"]
)
def test_what_windows_1252_reads_as_well_stays_so(text: str) -> None:
    body = text.encode("cp1252")
    assert guess_encoding(FileContent("in.csv", body, len(body), ""), body) is None
    assert decode_content(FileContent("in.csv", body, len(body), ""), Source()).encoding == "cp1252"


@pytest.mark.bad_input(113)
def test_encodings_that_read_the_header_differently_but_equally_well_are_all_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("segcli.ingest.encoding.count_known_names", lambda names: 3 * any("ğ" in one for one in names))
    monkeypatch.setattr("segcli.ingest.encoding.CANDIDATE_ENCODINGS", ("cp1254", "iso-8859-9", "cp857"))
    alike = b"\xf0;a\n"  # cp857 has the letter at another place, and the other two are one here
    assert guess_encoding(FileContent("in.csv", alike, len(alike), ""), alike) == "cp1254"
    several = b"\xf0;\xa7\n"
    with pytest.raises(InputProblem, match=r"--encoding cp1254   or   --encoding cp857") as error:
        guess_encoding(FileContent("in.csv", several, len(several), ""), several)
    assert "the header fits several encodings: cp1254, cp857" in str(error.value)


def test_a_declared_encoding_is_obeyed() -> None:
    body = "Дата заказа;Сумма;Клиент\n".encode("cp1251")
    assert decode_content(FileContent("in.csv", body, 0, ""), Source(encoding="cp1252")).encoding == "cp1252"
    assert all(body.decode(name, errors="replace") for name in CANDIDATE_ENCODINGS)


@pytest.mark.parametrize("encoding", ["cp1251", "koi8-r", "gb18030"])
def test_large_files_are_read_in_chunks_of_the_same_encoding(
    tmp_path: Path, encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, size in (("LARGE_FILE_BYTES", 1), ("HEAD_BYTES", 2000), ("CHUNK_BYTES", 4000)):
        monkeypatch.setattr(chunk_reader, name, size)
    path = tmp_path / "in.csv"
    rows = "".join(f"Иванов{n % 7};{n};{1 + n % 28:02}.01.2026;{n},50\n" for n in range(900))
    path.write_bytes(("Клиент;Номер заказа;Дата заказа;Сумма\n" + rows).encode(encoding))
    found = load_customers(IngestSettings(transactions=Source(path=str(path))))
    assert found.table[columns.CUSTOMER_ID].tolist() == [f"Иванов{n}" for n in range(7)]
    assert found.table[columns.REVENUE].sum() == sum(n + 0.5 for n in range(900))
    (reading,) = found.input_reports
    assert any(f"read as {encoding}, which fits the header" in note for note in reading.notes)
    assert not any("read as a whole" in note for note in reading.notes)


def test_a_large_file_whose_end_has_another_encoding_is_read_whole_or_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, size in (("LARGE_FILE_BYTES", 1), ("HEAD_BYTES", 2000), ("CHUNK_BYTES", 4000)):
        monkeypatch.setattr(chunk_reader, name, size)
    path = tmp_path / "in.csv"
    rows = "".join(f"c{n % 7},{n},2026-01-{1 + n % 28:02},{n}.50\n" for n in range(900))
    path.write_bytes(("客户编号,订单编号,下单时间,实付金额\n" + rows).encode("gb18030") + b"\xff,1,2026-01-05,1\n")
    with pytest.raises(InputProblem):
        load_customers(IngestSettings(transactions=Source(path=str(path))))


@pytest.mark.parametrize(("name", "revenue"), [("input.csv", 1650.5), ("24-gbk.csv", 570.5)])
def test_exports_of_russian_and_chinese_programs_are_read(shared_data: Path, name: str, revenue: float) -> None:
    path = str(shared_data / "cases" / "17-encodings-of-supported-languages" / name)
    assert load_customers(IngestSettings(transactions=Source(path=path))).table[columns.REVENUE].sum() == revenue


def test_the_encoding_counts_for_all_sources(tmp_path: Path) -> None:
    people = tmp_path / "people.csv"
    people.write_bytes("Клиент;Город;Страна\na;Москва;Россия\n".encode("cp1251"))
    orders = tmp_path / "in.csv"
    orders.write_text("customer_id,order_date,amount\na,2026-01-05,1\nb,2026-01-06,1\n", encoding="utf-8")
    settings = IngestSettings(transactions=Source(path=str(orders)), customers=Source(path=str(people)))
    assert "Москва" in load_customers(settings).table.to_string()
