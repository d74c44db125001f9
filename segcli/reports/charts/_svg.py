"""From matplotlib's SVG file to an element for the middle of a page.

The page's policy allows no style attributes, its dark mode changes the colour of text, and it may hold many charts.
"""

import hashlib
import re
from collections.abc import Iterator
from xml.etree import ElementTree as ET

from segcli.reports.charts._paper import INK

SPACE = "http://www.w3.org/2000/svg"
_DROPPED = ("metadata", "style")
_FONT = "font-family"
_LINK = "{http://www.w3.org/1999/xlink}href"
_PAPER, _PRINT = "#ffffff", "#1b1f24"  # of a file by itself, which knows nothing of what is around it


def bare(svg: str) -> str:
    """The chart as an element that takes colour and font from around it, and its width too.

    >>> made = bare('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path style="fill: #010203"/></svg>')
    >>> made.partition("><")[2]
    'path fill="currentColor" /></svg>'
    """
    root = ET.fromstring(svg)  # noqa: S314 - matplotlib wrote it, a moment ago
    prefix = "c" + hashlib.sha256(svg.encode()).hexdigest()[:8]
    used = set(re.findall(r'(?:url\(#|href="#)([^)"]+)', svg))
    _clean(root, prefix, used)
    root.attrib = {
        "xmlns": SPACE,
        "viewBox": root.attrib["viewBox"],
        "aria-hidden": "true",
        "focusable": "false",
    }
    return ET.tostring(root, encoding="unicode")


def alone(svg: str, says: str) -> str:
    """A bare element as a file: dark on white, with a sentence for who cannot see it."""
    root = ET.fromstring(svg)  # noqa: S314 - as above
    left, top, width, height = root.attrib["viewBox"].split()
    _without_space(root)
    root.attrib = {
        "xmlns": SPACE,
        "viewBox": f"{left} {top} {width} {height}",
        "width": width,
        "height": height,
        "role": "img",
        "color": _PRINT,
        _FONT: "sans-serif",
    }
    title = ET.Element("title")
    title.text = says
    root[:0] = [title, ET.Element("rect", {"width": width, "height": height, "fill": _PAPER})]
    return ET.tostring(root, encoding="unicode") + "\n"


def _without_space(element: ET.Element) -> None:
    for one in element.iter():
        one.tag = one.tag.rpartition("}")[2]


def _clean(element: ET.Element, prefix: str, used: set[str]) -> None:
    """Names without their space, attributes as a page may have them, nothing between elements; all the way down."""
    element.tag = element.tag.rpartition("}")[2]
    element.attrib = dict(_attributes(element.attrib, prefix, used))
    element.tail = None
    if element.tag != "text":
        element.text = None
    for child in list(element):
        if child.tag.rpartition("}")[2] in _DROPPED:
            element.remove(child)
        else:
            _clean(child, prefix, used)
            if child.tag in {"g", "defs"} and not len(child):
                element.remove(child)


def _attributes(given: dict[str, str], prefix: str, used: set[str]) -> Iterator[tuple[str, str]]:
    """Style as attributes of its own; ids that nothing refers to left out, others told from those of other charts."""
    for name, value in given.items():
        if name == "style":
            yield from _declared(value)
        elif name == "id":
            if value in used:
                yield name, f"{prefix}-{value}"
        elif name in {_LINK, "href"}:
            yield "href", value.replace("#", f"#{prefix}-", 1)
        elif not (name == "transform" and value.startswith("rotate(-0 ")):
            yield name, " ".join(value.replace("url(#", f"url(#{prefix}-").split())


def _declared(style: str) -> Iterator[tuple[str, str]]:
    """What a style attribute says, one by one."""
    for part in style.split(";"):
        name, _, value = (piece.strip() for piece in part.partition(":"))
        if name and name != _FONT:
            yield name, "currentColor" if value == INK else value
