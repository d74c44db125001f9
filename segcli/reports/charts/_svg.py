"""Convert SVG files of matplotlib to elements that can be embedded in a page.

The page's content security policy allows no style attributes, its dark mode changes the colour of text, and it may
hold many charts.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from xml.etree import ElementTree as ET

from segcli.formatting import escape_unprintable
from segcli.reports.charts._style import TEXT_COLOUR

SVG_NAMESPACE = "http://www.w3.org/2000/svg"
_DROPPED_TAGS = ("metadata", "style")
_FONT_ATTRIBUTE = "font-family"
_LINK_TAG = "a"
_XLINK_HREF = "{http://www.w3.org/1999/xlink}href"
_PAGE_COLOUR, _PRINT_COLOUR = "#ffffff", "#1b1f24"  # colours of a standalone file, which cannot inherit any


def make_inline(svg: str, links: Mapping[str, str] | None = None) -> str:
    """Return the chart as an element that inherits colour, font and width from the page.

    Args:
        svg: the file of matplotlib.
        links: anchors of the page that parts of the chart may lead to, with the texts of the links. A chart without
            any is hidden from screen readers, because the page describes it.

    >>> made = make_inline(
    ...     '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path style="fill: #010203"/></svg>'
    ... )
    >>> made.partition("><")[2]
    'path fill="currentColor" /></svg>'
    """
    root = ET.fromstring(svg)  # noqa: S314 - matplotlib's own output
    prefix = "c" + hashlib.sha256(svg.encode()).hexdigest()[:8]
    referenced_ids = set(re.findall(r'(?:url\(#|href="#)([^)"]+)', svg))
    _clean_element(root, prefix, referenced_ids)
    has_links = _place_links(root, links or {})
    root.attrib = {"xmlns": SVG_NAMESPACE, "viewBox": root.attrib["viewBox"]} | (
        {} if has_links else {"aria-hidden": "true", "focusable": "false"}
    )
    return ET.tostring(root, encoding="unicode")


def _place_links(element: ET.Element, links: Mapping[str, str]) -> bool:
    """Give links their texts, and replace those that lead nowhere by what they contain; return whether any are left."""
    has_links = False
    for position, child in enumerate(list(element)):
        text = links.get(child.attrib.get("href", "").removeprefix("#")) if child.tag == _LINK_TAG else None
        if text is not None:
            child.attrib["aria-label"] = escape_unprintable(text)
            title = ET.Element("title")
            title.text = escape_unprintable(text)
            child[0].append(title)
            has_links = True
        elif child.tag == _LINK_TAG:
            element[position : position + 1] = list(child)
        else:
            has_links |= _place_links(child, links)
    return has_links


def make_standalone(svg: str, alt_text: str) -> str:
    """Return the element as an SVG file: dark on white, with the alternative text as its title."""
    root = ET.fromstring(svg)  # noqa: S314 - matplotlib's own output
    left, top, width, height = root.attrib["viewBox"].split()
    _strip_namespaces(root)
    root.attrib = {
        "xmlns": SVG_NAMESPACE,
        "viewBox": f"{left} {top} {width} {height}",
        "width": width,
        "height": height,
        "role": "img",
        "color": _PRINT_COLOUR,
        _FONT_ATTRIBUTE: "sans-serif",
    }
    title = ET.Element("title")
    title.text = alt_text
    root[:0] = [title, ET.Element("rect", {"width": width, "height": height, "fill": _PAGE_COLOUR})]
    return ET.tostring(root, encoding="unicode") + "\n"


def _strip_namespaces(element: ET.Element) -> None:
    for child in element.iter():
        child.tag = child.tag.rpartition("}")[2]


def _clean_element(element: ET.Element, prefix: str, referenced_ids: set[str]) -> None:
    """Remove namespaces, whitespace and unused parts from the element and its descendants."""
    element.tag, attributes = element.tag.rpartition("}")[2], element.attrib
    element.attrib = dict(_clean_attributes(element.attrib, prefix, referenced_ids))
    element.tail = None
    if element.tag != "text":
        element.text = None
    if element.tag == _LINK_TAG:  # leads to a place in the page, not to a part of the chart
        element.attrib = {"href": next(iter(attributes.values()))}
    for child in list(element):
        if child.tag.rpartition("}")[2] in _DROPPED_TAGS:
            element.remove(child)
        else:
            _clean_element(child, prefix, referenced_ids)
            if child.tag in {"g", "defs"} and not len(child):
                element.remove(child)


def _clean_attributes(attributes: dict[str, str], prefix: str, referenced_ids: set[str]) -> Iterator[tuple[str, str]]:
    """Yield attributes that the page allows.

    Style becomes single attributes. Unreferenced ids are dropped; the others get a prefix unique to the chart.
    """
    for name, value in attributes.items():
        if name == "style":
            yield from _style_attributes(value)
        elif name == "id":
            if value in referenced_ids:
                yield name, f"{prefix}-{value}"
        elif name in {_XLINK_HREF, "href"}:
            yield "href", value.replace("#", f"#{prefix}-", 1)
        elif not (name == "transform" and value.startswith("rotate(-0 ")):
            yield name, " ".join(value.replace("url(#", f"url(#{prefix}-").split())


def _style_attributes(style: str) -> Iterator[tuple[str, str]]:
    """Yield the declarations of a style attribute as single attributes."""
    for declaration in style.split(";"):
        name, _, value = (piece.strip() for piece in declaration.partition(":"))
        if name and name != _FONT_ATTRIBUTE:
            yield name, "currentColor" if value == TEXT_COLOUR else value
