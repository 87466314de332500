"""XML out of other people's files: no document types, no entities, bounded depth and size, and lines in every error.

Documents with a DOCTYPE are refused, which leaves nothing for an entity to be declared in (the "billion laughs" and
external entities of OWASP's XML cheat sheet need one). The tree is built straight from expat's events, so that no more
is held than the limits allow.
"""

import xml.parsers.expat
from collections.abc import Iterator
from dataclasses import dataclass, field

from missions.planning.formats.checked import bad

MAX_DEPTH = 48
MAX_ELEMENTS = 400_000
_SEPARATOR = "\n"
_CHUNK = 65_536
_BUFFER = 1 << 20


@dataclass(slots=True, eq=False)
class Element:
    """An element: its namespace and local name, attributes by local name, text directly within, children, its line."""

    namespace: str
    name: str
    attributes: dict[str, str]
    line: int
    children: "list[Element]" = field(default_factory=list)
    text: str = ""

    @property
    def where(self) -> str:
        """The place in the file, for errors."""
        return f"<{self.name}> in line {self.line}"

    def child(self, name: str) -> "Element | None":
        """The first child of a local name, in any namespace."""
        return next((each for each in self.children if each.name == name), None)

    def all(self, name: str) -> "list[Element]":
        """The children of a local name."""
        return [each for each in self.children if each.name == name]

    def said(self, name: str) -> str | None:
        """The text of the first child of a local name, stripped; None when there is none, or it is empty."""
        found = self.child(name)
        return (found.text.strip() or None) if found is not None else None

    def walk(self) -> "Iterator[Element]":
        """This element and everything within, in the order of the file."""
        waiting = [self]
        while waiting:
            element = waiting.pop()
            yield element
            waiting.extend(reversed(element.children))


def parse(data: bytes) -> Element:
    """The root element of an XML document.

    Raises:
        PlanningError: when it is not well-formed, has a DOCTYPE, or is nested or filled beyond the limits.
    """
    builder = _Builder()
    try:
        for start in range(0, len(data), _CHUNK):
            builder.expat.Parse(data[start : start + _CHUNK], False)
        builder.expat.Parse(b"", True)
    except xml.parsers.expat.ExpatError as error:
        where = f"line {error.lineno} column {error.offset + 1}"
        says = xml.parsers.expat.ErrorString(error.code) or "not well-formed"
        raise bad(f"the file is not XML: {says} at {where}", f"文件不是有效的 XML：{where}", where) from error
    except (ValueError, LookupError) as error:  # an encoding that Python does not know, or that is no text encoding
        raise bad(f"the file is not XML that can be read: {error}", "文件不是可读取的 XML", "line 1") from error
    assert builder.root is not None  # expat refuses a document without an element
    return builder.root


class _Builder:
    def __init__(self) -> None:
        self.expat = xml.parsers.expat.ParserCreate(namespace_separator=_SEPARATOR)
        self.expat.buffer_text = True
        self.expat.buffer_size = _BUFFER
        self.expat.StartDoctypeDeclHandler = self._doctype
        self.expat.EntityDeclHandler = self._doctype
        self.expat.StartElementHandler = self._start
        self.expat.EndElementHandler = self._end
        self.expat.CharacterDataHandler = self._text
        self.root: Element | None = None
        self._open: list[Element] = []
        self._count = 0

    def _doctype(self, *_: object) -> None:
        where = f"line {self.expat.CurrentLineNumber}"
        raise bad(
            f"{where}: documents with a DOCTYPE or entities are not read", f"{where}：不接受 DOCTYPE 或实体", where
        )

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        line = self.expat.CurrentLineNumber
        self._count += 1
        if len(self._open) >= MAX_DEPTH or self._count > MAX_ELEMENTS:
            where = f"line {line}"
            raise bad(
                f"{where}: more than {MAX_DEPTH} levels or {MAX_ELEMENTS} elements",
                f"{where}：嵌套过深或元素过多",
                where,
            )
        namespace, _, local = name.rpartition(_SEPARATOR)
        own = {key.rpartition(_SEPARATOR)[2]: value for key, value in attributes.items()}
        element = Element(namespace, local, own, line)
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.root = element
        self._open.append(element)

    def _end(self, _: str) -> None:
        self._open.pop()

    def _text(self, text: str) -> None:
        self._open[-1].text += text
