"""XML as text: elements built from the inside out, everything that is not markup escaped."""

import re
from xml.sax.saxutils import escape, quoteattr

# Characters that XML 1.0 has no way to write (section 2.2); they are left out.
_UNWRITABLE = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Markup(str):
    """Text that is XML already."""

    __slots__ = ()


def element(name: str, /, *content: "str | float | None", **attributes: str) -> Markup:
    """An element around markup or around one value; numbers shortest that read back equal, None left out."""
    opening = name + "".join(f" {key}={quoteattr(_UNWRITABLE.sub('', value))}" for key, value in attributes.items())
    inner = [each for each in content if each is not None]
    if any(isinstance(each, Markup) for each in inner):
        return Markup(f"<{opening}>\n" + "".join(_inline(each) for each in inner) + f"</{name}>\n")
    return Markup(f"<{opening}>" + "".join(_inline(each) for each in inner) + f"</{name}>\n")


def document(root: Markup) -> bytes:
    """A root element as a file."""
    return ('<?xml version="1.0" encoding="UTF-8"?>\n' + root).encode("utf-8", "replace")


def _inline(value: str | float) -> str:
    if isinstance(value, Markup):
        return value
    if isinstance(value, float):
        return repr(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)
    return escape(_UNWRITABLE.sub("", str(value)))
