"""TeX formulas as MathML, which browsers draw without any script."""

from __future__ import annotations

import html
import re
import xml.etree.ElementTree as ET

from latex2mathml.converter import convert
from latex2mathml.exceptions import __dict__ as _errors

from .cells import warn

_NAMESPACE = "http://www.w3.org/1998/Math/MathML"
_FAILURES = tuple(e for e in _errors.values() if isinstance(e, type) and issubclass(e, Exception))
# What the converter does not know, in words that it does.
_SPELLINGS = [
    (r"\{(aligned|align|split|eqnarray\*?)\}", "{align*}"),
    (r"\{(equation\*?|gathered|gather\*?)\}", "{gathered}"),
    (r"\\(mathbb|mathcal|mathbf|mathrm|mathfrak) ?([A-Za-z])(?![A-Za-z{])", r"\\\1{\2}"),
    (r"\\arg(?![a-z])", r"\\operatorname{arg}"),
]


def mathml(tex: str, block: bool) -> str:
    """The formula as a <math> element; its source in <code>, and a warning, where that fails."""
    try:
        return _convert(tex, block)
    except (*_FAILURES, ET.ParseError, ValueError, IndexError, KeyError) as error:
        reason = f" ({error})" if str(error) else ""
        warn(f"the formula {tex.strip()!r} could not be converted{reason}: its source is shown")
        return f"<code>{html.escape(tex.strip())}</code>"


def _convert(tex: str, block: bool) -> str:
    for pattern, words in _SPELLINGS:
        tex = re.sub(pattern, words, tex)
    if _depth(tex):
        raise ValueError("its braces do not match")
    root = ET.fromstring(convert(tex, display="block" if block else "inline"))
    _check(root)
    for parent in root.iter():
        _space_names(parent)
    ET.register_namespace("", _NAMESPACE)
    return ET.tostring(root, encoding="unicode")


def _depth(tex: str) -> int:
    bare = re.sub(r"\\.", "", tex)
    return bare.count("{") - bare.count("}")


def _check(root: ET.Element) -> None:
    """The converter hands on what it does not know: a stray backslash, a line break."""
    for element in root.iter():
        if "\\" in (element.text or ""):
            raise ValueError(f"{element.text} is not known")
        if element.get("linebreak"):
            raise ValueError("a line break outside of an array")


def _space_names(parent: ET.Element) -> None:
    """A thin space after a function's name (log p), which MathML Core leaves to the writer."""
    for index, (name, after) in reversed(list(enumerate(zip(parent, parent[1:], strict=False)))):
        if _local(name) == "mi" and len(name.text or "") > 1 and _local(after) != "mo":
            parent.insert(index + 1, ET.Element(f"{{{_NAMESPACE}}}mspace", width="0.167em"))


def _local(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]
