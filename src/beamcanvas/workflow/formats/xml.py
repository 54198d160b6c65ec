"""XML from files that nobody vouches for: no document types, no entities, no depth."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree as ET
from xml.parsers import expat

from ...errors import WorkflowError

Element = ET.Element

_DEEPEST = 100
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*\Z")


def parse(content: bytes | str) -> Element:
    """The root element of a document.

    Raises
    ------
    WorkflowError
        When it isn't XML, declares a document type, or is nested absurdly deep.
    """
    builder = ET.TreeBuilder()
    depth = 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > _DEEPEST:
            raise WorkflowError("its XML is nested too deeply.")
        builder.start(tag, attributes)

    def end(tag: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(tag)

    def refuse(*_: Any) -> None:
        raise WorkflowError("it declares a document type (DOCTYPE), which is refused.")

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(content.encode() if isinstance(content, str) else content, True)
    except (expat.ExpatError, UnicodeError, LookupError, ValueError) as error:
        if isinstance(error, WorkflowError):
            raise
        raise WorkflowError(f"this is not XML: {error}.") from None
    return builder.close()


def text_of(root: Element) -> str:
    """An element with all in it as text, for carrying along."""
    copy = ET.fromstring(ET.tostring(root))  # noqa: S314 - of our own writing
    copy.tail = None
    for element in copy.iter():
        if len(element) and not (element.text or "").strip():
            element.text = None
        for child in element:
            if not (child.tail or "").strip():
                child.tail = None
    return ET.tostring(copy, encoding="unicode")


def document(root: Element) -> bytes:
    """A whole document, indented as Orange does."""
    ET.indent(root, "\t")
    content: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return content + b"\n"


def allowed(text: str) -> str:
    """`text` without the characters that XML can't hold."""
    return _NOT_XML.sub("\ufffd", text)


def is_name(text: str) -> bool:
    """Whether `text` can name an attribute."""
    return _NAME.match(text) is not None


def add(parent: Element, tag: str, attributes: dict[str, Any] | None = None) -> Element:
    """A new child element; attributes that XML can't hold are left out."""
    said = {k: allowed(str(v)) for k, v in (attributes or {}).items() if is_name(k)}
    return ET.SubElement(parent, tag, said)
