"""Answers made of `msgspec.Struct`s, and their place in the OpenAPI document."""

from typing import Any

import msgspec
from fastapi import Response

from service.problems import MEDIA_TYPE, ProblemDocument

DESCRIBED: set[type] = {ProblemDocument}
"""Types that the OpenAPI document describes."""


class Reply(Response):
    """JSON of anything msgspec can encode; unknown values are left out, as the Structs say."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """Encode."""
        return msgspec.json.encode(content)


def gives(kind: Any, description: str, status: int = 200) -> dict[int | str, dict[str, Any]]:
    """What a route answers, for its ``responses``: a Struct, a list of them, or any type msgspec can describe."""
    DESCRIBED.add(kind)
    (schema,), _ = msgspec.json.schema_components([kind], ref_template="#/components/schemas/{name}")
    return {status: {"description": description, "content": {"application/json": {"schema": schema}}}}


def problem_responses() -> dict[int | str, dict[str, Any]]:
    """What every route may answer when it cannot do what was asked."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}}
    texts = {401: "Not signed in", 403: "Not permitted", 404: "No such thing", 422: "Invalid", 503: "Not ready"}
    return {status: {"description": text, "content": content} for status, text in texts.items()}


def components() -> dict[str, Any]:
    """Schemas of all described types, by name."""
    kinds = sorted(DESCRIBED, key=str)
    return msgspec.json.schema_components(kinds, ref_template="#/components/schemas/{name}")[1]
