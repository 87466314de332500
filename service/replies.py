"""Answers made of `msgspec.Struct`s, and their place in the OpenAPI document."""

from typing import Any

import msgspec
from fastapi import Response

from service.problems import MEDIA_TYPE, ProblemDocument

REFERENCE = "#/components/schemas/{name}"

DESCRIBED: set[type] = {ProblemDocument}
"""Types that the OpenAPI document describes."""


class Reply(Response):
    """JSON of anything msgspec can encode; unknown values are left out, as the Structs say."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """Encode."""
        return msgspec.json.encode(content)


def gives(kind: Any, description: str, status: int = 200) -> dict[int | str, dict[str, Any]]:
    """What a route answers, for its ``responses``.

    Args:
        kind: any type that msgspec can describe; or, for types of rooms that take long to import, the name of one (or
            ``list[name]``) which `service.openapi` describes when the document is asked for.
        description: for people.
        status: of the answer.
    """
    if isinstance(kind, str):
        inner = kind.removeprefix("list[").removesuffix("]")
        schema: dict[str, Any] = {"$ref": REFERENCE.format(name=inner)}
        if inner != kind:
            schema = {"type": "array", "items": schema}
    else:
        DESCRIBED.add(kind)
        (schema,), _ = msgspec.json.schema_components([kind], ref_template=REFERENCE)
    return {status: {"description": description, "content": {"application/json": {"schema": schema}}}}


def problem_responses() -> dict[int | str, dict[str, Any]]:
    """What every route may answer when it cannot do what was asked."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}}
    texts = {401: "Not signed in", 403: "Not permitted", 404: "No such thing", 422: "Invalid", 503: "Not ready"}
    return {status: {"description": text, "content": content} for status, text in texts.items()}


def components(*more: type) -> dict[str, Any]:
    """Schemas of all described types, and of more, by name."""
    kinds = sorted([*DESCRIBED, *more], key=str)
    return msgspec.json.schema_components(kinds, ref_template=REFERENCE)[1]
