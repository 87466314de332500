"""What planning says when it cannot make a plan."""


class PlanningError(Exception):
    """The request cannot be planned.

    Attributes:
        message_en: what is wrong and what to do (English).
        message_zh: the same in Chinese.
        field: the part of the request to change, dotted; None when it is not one part.
    """

    def __init__(self, message_en: str, message_zh: str, field: str | None = None) -> None:
        super().__init__(message_en)
        self.message_en = message_en
        self.message_zh = message_zh
        self.field = field
