"""The OpenAPI document: the reference of the doors, with the Structs of the bus described as well."""

from typing import Any

from fastapi import FastAPI, Response
from fastapi.openapi.utils import get_openapi

from service.access import Looker
from service.replies import REFERENCE, Reply, components

TAGS = [
    {"name": "session", "description": "Sign in and out."},
    {"name": "district", "description": "What stands still: layers, terrain, cameras, coverage, sites, zones."},
    {"name": "zones", "description": "Ground with a rule: the district's own zones, and those added beside them."},
    {"name": "weather", "description": "What the weather is, as plans are judged in it."},
    {"name": "vehicles", "description": "Aircraft and commands to them."},
    {"name": "missions", "description": "Draft, clear, launch and follow missions."},
    {"name": "incidents", "description": "What is reported at a place and time."},
    {"name": "picture", "description": "What is seen now: tracks, sensors, visibility, and the two streams."},
    {"name": "audit", "description": "Who did what; recordings."},
    {"name": "condition", "description": "Health and metrics."},
]


def _described() -> dict[str, Any]:
    from missions.execution.mission import Mission
    from missions.planning.request import MissionRequest
    from missions.safety.weather import Weather
    from service.covering import CoverageSummary

    found = components(Mission, CoverageSummary, Weather)
    request = MissionRequest.model_json_schema(ref_template=REFERENCE.replace("{name}", "{model}"))
    found.update(request.pop("$defs", {}))
    found["MissionRequest"] = request
    plan = found["Plan"]["properties"]
    plan.pop("path", None)  # the doors show it as a line, see service.routes.missions.shown
    plan["path_geojson"] = {"type": "object", "description": "GeoJSON LineString with heights AMSL."}
    return found


def describe(app: FastAPI) -> None:
    """Give an application its document, at ``/api/v1/openapi.json`` for whoever is signed in."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = get_openapi(
                title=app.title, version=app.version, summary=app.summary, routes=app.routes, tags=TAGS
            )
            schema["components"]["schemas"].update(_described())
            app.openapi_schema = schema
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]

    @app.get("/api/v1/openapi.json", include_in_schema=False)
    async def openapi(who: Looker) -> Response:
        return Reply(document())
