"""From bytes to messages: one parser for each that talks to the vehicle; what cannot be read is counted and skipped."""

from collections.abc import Hashable

from pymavlink.dialects.v20 import ardupilotmega as mavlink

_MOST_SOURCES = 64
_CHUNK = 4096


class Wire:
    """Keeps apart the bytes of several sources, so that a broken packet of one does not spoil another's.

    Attributes:
        bad: pieces that were no message.
    """

    def __init__(self) -> None:
        self._parsers: dict[Hashable, mavlink.MAVLink] = {}
        self.bad = 0

    def receive(self, data: bytes, source: Hashable) -> list[mavlink.MAVLink_message]:
        """The whole messages that are complete with these bytes."""
        parser = self._parsers.get(source)
        if parser is None:
            if len(self._parsers) >= _MOST_SOURCES:
                self._parsers.pop(next(iter(self._parsers)))
            parser = self._parsers[source] = mavlink.MAVLink(None)
            parser.robust_parsing = True
        messages = []
        for start in range(0, len(data), _CHUNK):
            for message in parser.parse_buffer(data[start : start + _CHUNK]) or ():
                if message.get_type() == "BAD_DATA" or message.get_type().startswith("UNKNOWN_"):
                    self.bad += 1
                else:
                    messages.append(message)
        return messages

    def forget(self, source: Hashable) -> None:
        """A source is gone."""
        self._parsers.pop(source, None)
