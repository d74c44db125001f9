"""Every chart: readable, the same bytes everywhere, and harmless whatever its names say."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import numpy.typing as npt
import pytest

from segcli.reports import charts
from segcli.reports.blocks import Chart, Column, Heading, Result, Table
from segcli.reports.charts import _canvas, _style, _svg, treemap
from segcli.reports.charts import _labels as _labels_module
from segcli.reports.formats import Page, html

ROOT = Path(__file__).parents[2]
NAMES = ("Champions", "Loyal customers", "At risk", "Hibernating")
HOSTILE = (
    "<script>alert(1)</script>",
    "$x$ & $\\frac{1}{0}$",
    "\U0001f600 emoji",
    "\u05e9\u05dc\u05d5\u05dd \u202egnp.exe",
    "a\x00b\x1b[31mred\n",
    'quote" onload="alert(1)',
    "\u5ba2\u6237\u7ec6\u5206" * 40,
    "x" * 300,
    "]]> <!-- url(#a) style='x'",
    "",
)


def samples(names: tuple[str, ...] = NAMES) -> dict[str, dict[str, Any]]:
    """Data for each chart, in which all names are shown."""
    several = list(enumerate(names))
    shaded = {"shaded_by": "mean revenue", "low": "4.50", "high": "8,911"}
    grid = {
        "rows": list(names),
        "columns": ["1", "2", "3", "4", "5"],
        "values": [[None if across == row else 10.0 * across + row for across in range(5)] for row, _ in several],
        "told": [["" if across == row else f"{10 * across + row}" for across in range(5)] for row, _ in several],
        "row_title": "down",
        "column_title": "across",
        **shaded,
    }
    points = [{"name": name, "x": 0.1 + n / 10, "y": 500.0 - 90 * n, "area": 9.0 - n} for n, name in several]
    bars = [{"difference": 1.4 - n * 0.7, "told": f"{n}.25", "marker": n == 0} for n, _ in several]
    return {
        "treemap": {
            "segments": [{"name": name, "size": 60 / (n + 1), "told": "12%", "shade": 1.0 * n} for n, name in several],
            **shaded,
        },
        "heat_map": grid,
        "cohorts": grid,
        "profile": {
            "features": list(names),
            "segments": [{"name": name, "told": "12%", "bars": bars} for name in names],
            "marks": "what marks it",
        },
        "bubbles": {"points": points, "x_title": "share", "y_title": "a head", "x_kind": "share", "y_kind": "money"},
        "stability": {
            "ks": [{"k": k, "low": 0.5, "median": 0.7, "high": 0.9, "chosen": k == 4} for k in range(2, 9)],
            "bound": 0.8,
            "bound_says": "return",
            "chosen_says": "chosen",
            "x_title": "segments",
            "y_title": "agreement",
        },
        "migration": {
            "before": list(names),
            "after": list(reversed(names)),
            "before_positions": [n for n, _ in several],
            "after_positions": [None if n == 0 else n for n, _ in reversed(several)],
            "flows": [
                {"from": one, "to": other, "customers": 5 + 20 * (one == other) + n}
                for n, one in several
                for other in names
            ],
            "before_title": "before",
            "after_title": "now",
        },
        "intervals": {
            "segments": [
                {"name": name, "share": 0.5 / (n + 1), "low": 0.4 / (n + 1), "high": 0.6 / (n + 1), "position": n}
                for n, name in several
            ],
            "base": 0.3,
            "base_says": "all customers",
            "x_title": "share who bought",
        },
        "trends": {
            "segments": [{"name": name, "sizes": [5, 9, 40 + n], "position": n} for n, name in several],
            "days_kind": ["2026-01-01", "2026-02-01", "2026-03-01"],
            "first": "1 January",
            "last": "1 March",
        },
        "lorenz": {
            "customers": [0.0, 0.5, 1.0],
            "revenue": [0.0, 0.1, 1.0],
            "x_title": "customers",
            "y_title": "revenue",
            "gini": "Gini 0.40",
            "equal": "all alike",
            "mark": "half",
            "marked": (0.5, 0.1),
        },
        "matrix": {
            "points": [{"name": name, "x": 9.0 * n, "y": 90 - 9.0 * n, "chosen": n == 1} for n, name in several],
            "x_title": "strength",
            "y_title": "attractiveness",
            "full": "chosen",
            "empty": "not chosen",
        },
    }


def chart(name: str, names: tuple[str, ...] = NAMES) -> Chart:
    table = Table([Column("Segment", align_right=False), Column("Share")], [["Champions", "12%"]])
    return Chart(name, "A title", "What is to be seen.", samples(names)[name], [table])


def texts(svg: str) -> list[str]:
    return [one.text or "" for one in ET.fromstring(svg).iter() if one.tag.endswith("text")]  # noqa: S314 - ours


def _labels(value: Any, key: str = "") -> Iterator[str]:
    """All that a chart is told to write."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _labels(inner, name)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _labels(inner, key)
    elif isinstance(value, str) and value and not key.endswith("_kind"):
        yield value


def test_every_chart_has_a_sample() -> None:
    assert sorted(samples()) == charts.list_charts()


@pytest.mark.parametrize("name", charts.list_charts())
def test_a_chart_writes_all_it_is_told(name: str) -> None:
    shown = " ".join(texts(charts.render_svg(chart(name))))
    for label in _labels(chart(name).data):
        assert label in shown, label


@pytest.mark.parametrize("names", [NAMES, HOSTILE, ("one",)], ids=["usual", "hostile", "one"])
@pytest.mark.parametrize("name", charts.list_charts())
def test_a_chart_is_xml_that_a_page_may_hold(name: str, names: tuple[str, ...]) -> None:
    svg = charts.render_svg(chart(name, names))
    root = ET.fromstring(svg)  # noqa: S314 - ours
    elements = list(root.iter())
    assert {one.tag.rpartition("}")[2] for one in elements} <= {"svg", "g", "path", "text", "defs", "use", "clipPath"}
    used = {name.rpartition("}")[2] for one in elements for name in one.attrib}
    assert not used & {"style", "class", "width", "height", "font-family", "font"}
    assert not [name for name in used if name.startswith("on")]
    assert all(one.attrib["href"].startswith("#") for one in elements if "href" in one.attrib)
    assert (root.attrib["aria-hidden"], root.attrib["focusable"]) == ("true", "false")
    assert _style.TEXT_COLOUR not in svg
    assert "currentColor" in svg


@pytest.mark.parametrize("name", charts.list_charts())
def test_hostile_names_are_text_of_bounded_length_and_nothing_else(name: str) -> None:
    svg = charts.render_svg(chart(name, HOSTILE))
    assert "<script" not in svg
    assert not re.search(r"[\x00-\x08\x0b-\x1f\u202e]", svg)
    room = _style.CHART_WIDTH / (_canvas.MIN_FONT_SIZE * 0.5)
    assert all(len(text) < room for text in texts(svg))
    if name not in {"lorenz", "stability"}:
        assert any(text.startswith("<scr") for text in texts(svg))
        assert any(text.startswith("$x$") for text in texts(svg))


@pytest.mark.parametrize("name", charts.list_charts())
def test_nothing_stands_outside_the_picture(name: str) -> None:
    for names in (NAMES, HOSTILE):
        root = ET.fromstring(charts.render_svg(chart(name, names)))  # noqa: S314 - ours
        width, height = map(float, root.attrib["viewBox"].split()[2:])
        for one in root.iter():
            if one.tag.endswith("text"):
                x, y = float(one.attrib["x"]), float(one.attrib["y"])
                size = float(one.attrib["font-size"].removesuffix("px"))
                anchor = {"middle": 0.5, "end": 1.0}.get(one.attrib.get("text-anchor", ""), 0.0)
                wide = _style.text_width(one.text or "", size, is_bold=one.attrib.get("font-weight") == "bold")
                assert x - anchor * wide > -3, one.text
                assert x + (1 - anchor) * wide < width + 3, one.text
                assert y - size * 0.7 > 0, one.text
                assert y < height, one.text


def test_ids_of_two_charts_on_a_page_are_not_the_same() -> None:
    ids = [set(re.findall(r' id="([^"]+)"', charts.render_svg(chart(name)))) for name in charts.list_charts()]
    assert not any(one & other for one, other in combinations(ids, 2))


DRAW = """
import hashlib, json, sys
from segcli.reports import charts
from segcli.reports.blocks import Chart
samples = json.load(sys.stdin)
for name in sorted(samples):
    one = Chart(name, "t", "s", samples[name], [])
    for body in (charts.render_svg(one).encode(), charts.render_svg_file(one).encode(), charts.render_png(one)):
        print(name, hashlib.sha256(body).hexdigest())
"""


@pytest.mark.long
def test_a_chart_is_the_same_bytes_in_every_process(tmp_path: Path) -> None:
    """Whatever the hash seed, and whatever the user's own matplotlib is told."""
    (tmp_path / "matplotlibrc").write_text("font.size: 30\naxes.facecolor: red\nsavefig.dpi: 30\n", encoding="utf-8")

    def drawn(seed: str, **more: str) -> bytes:
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT), **more}
        return subprocess.run(
            [sys.executable, "-c", DRAW],
            input=json.dumps(samples()).encode(),
            env=environment,
            capture_output=True,
            check=True,
            timeout=120,
        ).stdout

    once = drawn("1")
    assert len(once.splitlines()) == 3 * len(charts.list_charts())
    assert once == drawn("2", MATPLOTLIBRC=str(tmp_path / "matplotlibrc"))


def test_files_beside_a_report_say_what_they_show() -> None:
    text = charts.render_svg_file(chart("lorenz"))
    root = ET.fromstring(text)  # noqa: S314 - ours
    assert root[0].text == "What is to be seen."
    assert root.attrib["role"] == "img"
    assert charts.render_png(chart("lorenz")).startswith(b"\x89PNG")


def test_a_page_holds_the_picture_and_its_numbers() -> None:
    text = html.render(Result(None, dict, (Heading("Report", level=1), chart("treemap"))), Page())  # type: ignore[arg-type]
    assert 'aria-label="What is to be seen."' in text
    assert re.search(
        r'<figure>.*<svg xmlns=[^>]*viewBox.*</figure>\s*<div class="numbers">.*Champions', text, re.DOTALL
    )
    assert " style=" not in text


# Machado, Oliveira and Fernandes, A physiologically-based model for simulation of color vision deficiency (2009),
# table 1, severity 1.0; applied to linear RGB.
BLINDNESS = {
    "none": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
}
# From linear sRGB to CIE XYZ, white point D65 (IEC 61966-2-1).
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def _lab(colour: str, seen: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """CIE L*a*b* of a colour as somebody sees it."""
    parts = np.array([int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)])
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    xyz = TO_XYZ @ np.clip(seen @ linear, 0, 1) / TO_XYZ.sum(axis=1)
    root = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * root[1] - 16, 500 * (root[0] - root[1]), 200 * (root[1] - root[2])])


@pytest.mark.parametrize("sight", BLINDNESS)
def test_colours_are_told_apart_by_most_people(sight: str) -> None:
    seen = {colour: _lab(colour, BLINDNESS[sight]) for colour in (*_style.PALETTE, _style.NEUTRAL_COLOUR)}
    near = min((float(np.linalg.norm(seen[a] - seen[b])), a, b) for a, b in combinations(_style.PALETTE, 2))
    assert near[0] > 10, near
    assert float(np.linalg.norm(seen[_style.PRIMARY_COLOUR] - seen[_style.NEUTRAL_COLOUR])) > 25
    assert float(np.linalg.norm(seen[_style.PRIMARY_COLOUR] - seen[_style.ACCENT_COLOUR])) > 40


@pytest.mark.parametrize("sight", BLINDNESS)
def test_shades_grow_lighter_for_everybody(sight: str) -> None:
    lightness = [_lab(_style.shade_colour(step / 20), BLINDNESS[sight])[0] for step in range(21)]
    assert all(later > earlier + 1 for earlier, later in pairwise(lightness))


def test_text_stands_out_from_every_shade() -> None:
    for step in range(101):
        colour = _style.shade_colour(step / 100)
        light, other = sorted(
            (_style.relative_luminance(colour), _style.relative_luminance(_style.contrast_colour(colour)))
        )
        assert (other + 0.05) / (light + 0.05) >= 4.5


def test_boxes_fill_the_whole_in_proportion() -> None:
    sizes = [60.0, 30.0, 20.0, 15.0, 12.0, 10.0, 1.0]
    found = list(treemap.layout_boxes(sizes, (0.0, 0.0, 300.0, 200.0)))
    areas = [across * tall for _, _, across, tall in found]
    assert np.allclose(np.array(areas) / sum(areas), np.array(sizes) / sum(sizes))
    assert sum(areas) == pytest.approx(300 * 200)
    assert all(x >= -1e-9 and y >= -1e-9 and x + w <= 300.001 and y + h <= 200.001 for x, y, w, h in found)
    for one, other in combinations(found, 2):
        apart = _overlap(one[0], one[2], other[0], other[2]) * _overlap(one[1], one[3], other[1], other[3])
        assert apart == pytest.approx(0, abs=1e-6)


def _overlap(start: float, length: float, other: float, other_length: float) -> float:
    return max(min(start + length, other + other_length) - max(start, other), 0.0)


def test_names_do_not_overlap_even_where_points_do() -> None:
    with _style.create_figure("names") as figure:
        sheet = _canvas.Canvas(figure)
        points = [_labels_module.LabelledPoint(f"Segment {n}", (150.0 + n, 100.0), 6.0) for n in range(12)]
        names = _labels_module.LabelLayout(0, 331, 0, 200)
        foot = names.draw_labels(sheet, points, 220)
    written = names.occupied_boxes[len(points) :]
    assert len(written) == len(points)
    assert names.numbered_labels
    assert foot > 220
    beside = written[: len(points) - len(names.numbered_labels)]
    assert not any(_labels_module._boxes_overlap(one, other) for one, other in combinations(beside, 2))


def drawing() -> str:
    """A file as matplotlib writes it, with all that a page must not get."""
    return f"""<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="9pt"
 viewBox="0 1 90 60"><metadata>who, when</metadata><style>* {{fill: red}}</style>
 <defs><clipPath id="inside"><path d="M 0 0"/></clipPath></defs><defs></defs>
 <g id="axes"> <path id="mark" d="M 1
 1" clip-path="url(#inside)" style="fill: {_style.TEXT_COLOUR}; font-family: x; stroke: #ff0000;"/>
 <use xlink:href="#mark"/><g> </g><text transform="rotate(-0 1 2)" x="1">a &lt; b</text> </g></svg>"""


def test_a_page_gets_what_is_drawn_and_nothing_that_acts_on_it() -> None:
    """No style, no size, no empty groups, ids only where something refers to them and told from other charts'."""
    made = re.sub(r"\bc[0-9a-f]{8}-", "OWN-", _svg.make_inline(drawing()))
    assert made == (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 1 90 60" aria-hidden="true" focusable="false">'
        '<defs><clipPath id="OWN-inside"><path d="M 0 0" /></clipPath></defs>'
        '<g><path id="OWN-mark" d="M 1 1" clip-path="url(#OWN-inside)" fill="currentColor" stroke="#ff0000" />'
        '<use href="#OWN-mark" /><text x="1">a &lt; b</text></g></svg>'
    )
    assert _svg.make_inline(drawing()) == _svg.make_inline(drawing())
    assert _svg.make_inline(drawing()) != _svg.make_inline(drawing().replace("M 0 0", "M 0 1")).replace(
        "M 0 1", "M 0 0"
    )


def test_a_file_of_its_own_is_dark_on_white_and_says_what_it_shows() -> None:
    written = _svg.make_standalone(_svg.make_inline(drawing()), 'A & B: <b>"half"</b>')
    assert written.startswith('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 1 90 60" width="90" height="60"')
    assert written.endswith("</svg>\n")
    root = ET.fromstring(written)  # noqa: S314 - ours
    told = {"role": "img", "color": "#1b1f24", "font-family": "sans-serif"}
    assert root.attrib == {"viewBox": "0 1 90 60", "width": "90", "height": "60", **told}
    title, paper, *drawn = root
    assert (title.tag, title.text) == ("{http://www.w3.org/2000/svg}title", 'A & B: <b>"half"</b>')
    assert paper.tag == "{http://www.w3.org/2000/svg}rect"
    assert paper.attrib == {"width": "90", "height": "60", "fill": "#ffffff"}
    assert [one.tag for one in drawn] == ["{http://www.w3.org/2000/svg}defs", "{http://www.w3.org/2000/svg}g"]
