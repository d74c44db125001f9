"""Answers for agents: the SDK's client calls every tool, every figure is traced, and no customer is in an answer."""

import asyncio
import json
import os
import random
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

mcp = pytest.importorskip("mcp")

from segcli.cli.agent_tools import AgentTools  # noqa: E402 - the SDK is optional
from segcli.cli.mcp import TOOL_NAMES, build_server  # noqa: E402

ROOT = Path(__file__).parents[2]
CUSTOMERS = 260
FIRST_NAMES = ("Aaltje", "Bogumil", "Csilla", "Dragutin", "Eithne", "Feodor", "Guntram", "Hjordis")
CITIES = ("Antwerp",) * 20 + ("Ghent",) * 10 + ("Smallville",)
Answers = list[tuple[str, dict[str, str], Any]]


def write_shop(folder: Path) -> None:
    """Write a shop whose customers have names, addresses and phone numbers, with a few rare values and faulty lines."""
    chance = random.Random(7)  # noqa: S311 - test data
    orders, people = (
        ["customer_id,order_id,order_date,amount,channel,e_mail"],
        ["customer_id,first_name,last_name,city,birth_date,phone"],
    )
    for number in range(CUSTOMERS):
        customer, mail = f"KD{number:04d}X", f"person{number}@mail{number % 7}.example"
        name = f"{FIRST_NAMES[number % 8]}{number}"
        born = date(1950, 1, 1) + timedelta(days=chance.randrange(18_000))
        people.append(f"{customer},{name},Vanderzon{number},{CITIES[number % len(CITIES)]},{born},+3247{number:07d}")
        for _ in range(1 + int(chance.paretovariate(1.1)) % 15):
            day = date(2025, 1, 1) + timedelta(days=chance.randrange(500))
            amount = f"{chance.uniform(5, 120):.2f}"
            orders.append(f"{customer},{len(orders)},{day},{amount},{chance.choice(['web', 'app', 'shop'])},{mail}")
    orders.append("KD0003X,99999,soon,5.00,web,person3@mail3.example")
    orders.append(",99998,2025-05-05,5.00,web,guest@mail3.example")
    (folder / "orders.csv").write_text("\n".join(orders) + "\n")
    (folder / "people.csv").write_text("\n".join(people) + "\n")
    (folder / "shop.yaml").write_text(
        "ingest: {transactions: {path: orders.csv}, customers: {path: people.csv}}\n"
        "privacy: {minimum_cell_external: 1}\n"
        "rfm: {bins: 3}\n"
        "rules: [{base: lifecycle}, {base: generation}, {name: tier, segments: [{segment: Top, when: orders >= 14}]}]\n"
    )


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    write_shop(folder)
    outside = folder.parent / "secret.csv"
    outside.write_text((folder / "orders.csv").read_text())
    (folder / "link.csv").symlink_to(outside)
    return folder


def list_questions() -> Iterator[tuple[str, dict[str, str]]]:
    """Yield about 200 questions."""
    from segcli.cli.explain import list_topics

    files = ({"file": "orders.csv"}, {"file": "orders.csv", "config": "shop.yaml"})
    for file in (*files, {"file": "people.csv"}, {"config": "shop.yaml"}, {}):
        yield "check", file
    bases = ("rfm", "", "lifecycle", "usage", "channel", "value_tier", "decile", "loyalty", "price_behaviour")
    for by in bases:
        for file in files:
            yield "segments", {**file, "by": by}
            yield "persona", {**file, "by": by}
    for by in ("tier", "generation", "age_band", "region", "country", "gender"):
        yield "segments", {**files[1], "by": by}
        yield "persona", {**files[1], "by": by}
    for segment in ("Champions", "Loyal", "At risk", "Hibernating", "New", "KD0003X", "nobody"):
        yield "persona", {"file": "orders.csv", "segment": segment}
    for month in range(1, 6):
        yield (
            "compare",
            {"file": "orders.csv", "then": f"2026-{month:02d}-01" if month < 4 else f"2025-{month + 5:02d}-15"},
        )
        yield "compare", {**files[1], "then": f"2025-{month + 6:02d}-01"}
    for file in ("../secret.csv", "/etc/passwd", "link.csv", "missing.csv", "sqlite:../x.db?table=a", "shop.yaml"):
        for tool in ("check", "segments", "compare"):
            yield tool, {"file": file, **({"then": "2025-06-01"} if tool == "compare" else {})}
    yield "compare", {"file": "orders.csv"}
    yield "compare", {"file": "orders.csv", "old": "../secret.csv"}
    topics = [topic.name for topic in list_topics()]
    for topic in ["", "KD0003X", *topics]:
        yield "explain", {"topic": topic}


@pytest.fixture(scope="module")
def answers(shop: Path) -> Answers:
    """The answers to all questions, by the client of the SDK."""

    async def ask() -> Answers:
        async with mcp.Client(build_server(str(shop))) as client:
            questions = list(list_questions())
            return [(tool, arguments, await client.call_tool(tool, arguments)) for tool, arguments in questions]

    return asyncio.run(ask())


def list_figures(answer: Any) -> dict[str, Any]:
    return {figure["id"]: figure for figure in answer.structured_content["figures"]}


@pytest.mark.long
def test_about_two_hundred_questions_are_answered(answers: Answers) -> None:
    assert len(answers) >= 200
    good = [answer for _, _, answer in answers if not answer.is_error]
    assert len(good) > 150
    assert sum(len(answer.structured_content["figures"]) for answer in good) > 1000
    assert all(answer.structured_content["command"] for answer in good)


@pytest.mark.long
def test_no_answer_has_personal_data(answers: Answers, shop: Path) -> None:
    """A scanner looks for every id, name, address and phone number of the shop, and for anything like them."""
    people = pd.read_csv(shop / "people.csv", dtype=str)
    orders = pd.read_csv(shop / "orders.csv", dtype=str)
    private = {*people["customer_id"], *people["first_name"], *people["last_name"], *people["phone"], *orders["e_mail"]}
    private |= {value.lower() for value in private} | {"Smallville"}
    patterns = [re.compile(r"[\w.+-]+@[\w-]+\.\w+"), re.compile(r"\+\d{6,}"), re.compile(r"KD\d{4}X", re.IGNORECASE)]
    for tool, arguments, answer in answers:
        text = json.dumps([block.text for block in answer.content]) + json.dumps(answer.structured_content)
        asked = set(arguments.values())
        assert not [value for value in private - asked if value in text], (tool, arguments)
        assert not [found for pattern in patterns for found in pattern.findall(text) if found not in asked], arguments


@pytest.mark.long
def test_no_group_is_small(answers: Answers) -> None:
    sizes = [
        figure["value"]
        for tool, _, answer in answers
        if tool in {"segments", "persona"} and not answer.is_error
        for figure in answer.structured_content["figures"]
        if figure["id"].endswith("/customers")
    ]
    assert len(sizes) > 100
    assert min(sizes) >= 11  # although the config allows 1


@pytest.mark.long
@pytest.mark.parametrize("by", ["rfm", "lifecycle", "usage"])
def test_every_figure_of_segments_is_traced(answers: Answers, shop: Path, by: str) -> None:
    """Sizes, sums, means and shares equal those of the customers' labels, as the commands write them."""
    (answer,) = (one for tool, asked, one in answers if (tool, asked) == ("segments", {"file": "orders.csv", "by": by}))
    figures = list_figures(answer)
    command = ("rfm",) if by == "rfm" else ("rules", "--base", by)
    table = pd.read_csv(shop / run(shop, *command, "orders.csv", "-q", "-o", f"{by}-labels.csv", "--force"))
    column = "rfm_segment" if by == "rfm" else by
    traced = set()
    for segment, rows in table.groupby(column):
        if f"{column}/{segment}/customers" not in figures:
            continue
        expected = {
            "customers": len(rows),
            "share": len(rows) / len(table),
            "orders": rows["orders"].sum(),
            "revenue": rows["revenue"].sum(),
            "revenue_share": rows["revenue"].sum() / table["revenue"].sum(),
            **{f"mean_{name}": rows[name].mean() for name in ("recency_days", "orders", "revenue")},
        }
        for name, value in expected.items():
            figure = figures[f"{column}/{segment}/{name}"]
            assert figure["value"] == pytest.approx(value), figure
            if figure["low"] is not None:
                assert figure["low"] < figure["value"] < figure["high"]
            traced.add(figure["id"])
    untraced = set(figures) - traced
    assert all("(" in name for name in untraced), untraced  # merged groups only
    assert traced


@pytest.mark.long
@pytest.mark.parametrize("config", [{}, {"config": "shop.yaml"}], ids=["export", "config"])
@pytest.mark.parametrize("by", ["rfm", "lifecycle"])
def test_the_command_of_an_answer_gives_its_figures(
    answers: Answers, shop: Path, by: str, config: dict[str, str]
) -> None:
    asked = {"file": "orders.csv", **config, "by": by}
    (answer,) = (one for tool, arguments, one in answers if (tool, arguments) == ("segments", asked))
    program, *arguments = shlex.split(answer.structured_content["command"])
    assert program == "segcli"
    report = json.loads(run(shop, *arguments, "-q"))
    segments = next(one for one in report["segmentations"] if one["column"].removesuffix("_segment") == by)["segments"]
    figures = list_figures(answer)
    names = {name.split("/")[1] for name in figures}
    assert {row["segment"] for row in segments} == names
    for row in segments:
        for key in ("customers", "revenue"):
            found = figures.get(f"{'rfm_segment' if by == 'rfm' else by}/{row['segment']}/{key}")
            assert (None if found is None else found["value"]) == pytest.approx(row[key])


def run(folder: Path, *arguments: str) -> str:
    """Run a command in the folder; return its output, or the file that it wrote."""
    done = subprocess.run(
        [sys.executable, "-m", "segcli", *arguments],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "LC_ALL": "C.UTF-8", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    return arguments[arguments.index("-o") + 1] if "-o" in arguments else done.stdout


@pytest.mark.long
def test_only_the_folder_is_read_and_nothing_is_written(answers: Answers, shop: Path) -> None:
    for _, arguments, answer in answers:
        if any(str(arguments.get(name, "")).startswith(("..", "/", "link", "sqlite")) for name in ("file", "old")):
            assert answer.is_error, arguments
            assert "not in the folder" in answer.content[0].text
    names = {path.name for path in shop.iterdir()} - {f"{by}-labels.csv" for by in ("rfm", "lifecycle", "usage")}
    assert names == {"orders.csv", "people.csv", "shop.yaml", "link.csv"}


def test_the_client_of_the_sdk_calls_every_tool_over_stdio(tmp_path: Path) -> None:
    write_shop(tmp_path)
    server = mcp.StdioServerParameters(
        command=sys.executable,
        args=["-m", "segcli", "mcp", str(tmp_path)],
        env={"PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8", "HOME": str(tmp_path)},
    )
    questions = {
        "check": {"file": "orders.csv"},
        "segments": {"file": "orders.csv"},
        "persona": {"file": "orders.csv", "segment": "Champions"},
        "explain": {"topic": "At risk"},
        "compare": {"file": "orders.csv", "then": "2025-12-31"},
    }

    async def ask() -> dict[str, Any]:
        async with mcp.Client(mcp.stdio_client(server)) as client:
            tools = (await client.list_tools()).tools
            assert [tool.name for tool in tools] == list(TOOL_NAMES)
            assert all(tool.annotations and tool.annotations.read_only_hint for tool in tools)
            assert all(tool.description and tool.output_schema for tool in tools)
            return {name: await client.call_tool(name, arguments) for name, arguments in questions.items()}

    found = asyncio.run(ask())
    assert not [answer.content for answer in found.values() if answer.is_error]
    assert list_figures(found["check"])["orders.csv/lines unreadable_date"]["value"] == 1
    assert found["segments"].structured_content["as_of"] == "2026-05-16"


def test_an_internal_error_shows_no_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_shop(tmp_path)

    def fail(*_: object, **__: object) -> None:
        raise KeyError("person3@mail3.example")

    monkeypatch.setattr("segcli.cli.inputs.read_customers", fail)
    with pytest.raises(Exception, match=r"^internal error \(KeyError\); hint: run the command in a shell$"):
        AgentTools(str(tmp_path)).segments("orders.csv")


def test_the_extra_is_named_if_it_is_missing(segcli: Any, folder: Path) -> None:
    (folder / "mcp.py").write_text("raise ImportError\n")
    done = segcli("mcp", ".", env={"PYTHONPATH": f"{folder}:{ROOT}"})
    assert done.returncode == 5
    assert "hint: pip install 'segcli[mcp]'" in done.stderr
    assert segcli("mcp", "nowhere").returncode == 2
