"""Errors of missions: one type, in both languages, which the service turns into RFC 9457 problems."""


class MissionError(Exception):
    """Something that was asked for cannot be done.

    Attributes:
        code: for programs, dotted lower case, such as ``mission.not_found`` or ``vehicle.refused``.
        message_en: what is wrong and what to do, in English.
        message_zh: the same in Chinese.
        field: the offending field of a request, where there is one.
    """

    def __init__(self, code: str, message_en: str, message_zh: str, field: str | None = None) -> None:
        self.code = code
        self.message_en = message_en
        self.message_zh = message_zh
        self.field = field
        super().__init__(message_en)
