"""The weather that plans are judged in: read it, and set it."""

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator

from service.access import Looker, TheHouse, WeatherTeller
from service.problems import Problem
from service.replies import Reply, gives

router = APIRouter(prefix="/api/v1/weather", tags=["weather"])

AHEAD_S, BACK_S = 300.0, 24 * 3600.0
"""An observation lies at most so far in the future (clocks differ), and in the past."""


class WeatherBody(BaseModel):
    """The weather as somebody observed it; what is left out is not known."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    observed_time: float | None = Field(default=None, description="UTC seconds; left out: now.")
    wind_from_deg: float | None = Field(default=None, ge=0, le=360)
    wind_mps: float | None = Field(default=None, ge=0, le=100)
    gust_mps: float | None = Field(default=None, ge=0, le=150)
    temperature_c: float | None = Field(default=None, ge=-80, le=60)
    precipitation_mmh: float | None = Field(default=None, ge=0, le=500)
    moisture: bool | None = Field(default=None, description="Whether fog, mist or cloud is where aircraft fly.")
    visibility_m: float | None = Field(default=None, ge=0, le=100_000)

    @model_validator(mode="after")
    def _fits_together(self) -> "WeatherBody":
        if self.gust_mps is not None and self.wind_mps is not None and self.gust_mps < self.wind_mps:
            raise ValueError("gust_mps is less than wind_mps: gusts are at least as strong as the mean wind")
        return self


@router.get("", summary="The weather", responses=gives("Weather", "As it was last observed"))
async def weather(who: Looker, house: TheHouse) -> Response:
    """The newest weather that somebody set or a feed told; 404 when there is none."""
    known = house.weather.now
    if known is None:
        raise Problem(
            404, "weather-not-known", "Nobody has told of the weather yet: PUT it.", detail_zh="尚无天气信息：请录入。"
        )
    return Reply(known)


@router.put("", summary="Set the weather", responses=gives("Weather", "Set"))
async def tell(request: Request, body: WeatherBody, who: WeatherTeller, house: TheHouse) -> Response:
    """Say what the weather is; plans are judged in it from now on, and what is cleared or flies is judged again."""
    from missions.safety.weather import Weather

    now = house.clock()
    observed = now if body.observed_time is None else body.observed_time
    if not now - BACK_S <= observed <= now + AHEAD_S:
        raise Problem(
            422,
            "invalid",
            "observed_time: must lie within the last 24 hours (UTC seconds)",
            detail_zh="observed_time：观测时间须在最近 24 小时内（UTC 秒）",
            field="observed_time",
        )
    told = Weather(observed, who.name, **body.model_dump(exclude={"observed_time"}))
    said = ", ".join(f"{name} {value}" for name, value in body.model_dump(exclude_none=True).items())
    async with house.audit.command(request, who, "weather.set", said=said):
        try:
            await house.weather.set(told)
        except OSError as error:
            raise Problem(503, "not-stored", f"The weather cannot be written: {error}.") from error
    return Reply(told)
