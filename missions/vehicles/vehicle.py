"""One aircraft under control: what a pilot can ask of it.

Hold, resume, return, land, arming and starting are MAVLink commands sent at once and repeated until answered; they wait
neither for planning, nor for an upload under way, nor for MAVSDK to start.
"""

import asyncio
import math
from collections.abc import Callable

import msgspec

from fusion.messages import Position, VehicleKind, VehicleState
from maps.instants import Clock, Instant
from missions.errors import MissionError
from missions.plan import Plan, landing_index
from missions.safety import ClearedPlan
from missions.vehicles import launching
from missions.vehicles.commands import Command, CommandExchange, ParameterExchange
from missions.vehicles.delivery import Delivery, DeliveryError, Recipient
from missions.vehicles.dialect import Packet, mavlink
from missions.vehicles.dialogue import Dialogue
from missions.vehicles.launching import Say, set_mode
from missions.vehicles.mavsdk_session import MavsdkSession
from missions.vehicles.orders import order
from missions.vehicles.returning import return_height_m
from missions.vehicles.telemetry import Telemetry
from missions.vehicles.wire_items import MissionType, WireItem, fence_items, mission_items, rally_items

Progress = Callable[[float], None]
"""Takes the share done, 0 to 1."""

FARTHEST_FROM_HOME_M = 250.0
"""A plan whose home is farther from where the vehicle stands was made for another place."""

_ITEM_WITHIN_S = 3.0
_GOES_BACK_WITHIN_S = 1.5
_FENCE_CEILING, _FENCE_POLYGONS = 1, 4


class VehicleSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A name for a system id.

    Attributes:
        id: its name here.
        system_id: MAVLink system, 1 to 254.
        kind: until its heartbeat says.
        camera: sensor id of the camera it carries.
    """

    id: str
    system_id: int
    kind: VehicleKind = "rotorcraft"
    camera: str | None = None


def _silent(_en: str, _zh: str) -> None:
    return


def _unheeded(_share: float) -> None:
    return


class Vehicle:
    """One aircraft.

    Attributes:
        id: its name here.
        settings: as configured.
        telemetry: everything its messages said.
        dialogue: its messages, both ways.
        plan: the plan it was last given by us, None when none or when an upload failed.
        commanded: what it was last told: "start", "hold", "resume", "return", "land", "goto", or nothing yet.
        orders: how often it was told anything.
        ordering: how many orders are being given at this moment.
    """

    def __init__(self, settings: VehicleSettings, send: Callable[[bytes], None], clock: Clock) -> None:
        self.id = settings.id
        self.settings = settings
        self.telemetry = Telemetry(settings.id, settings.kind)
        self.dialogue = Dialogue(settings.system_id, self.telemetry, send, clock)
        self.plan: Plan | None = None
        self.commanded, self.orders, self.ordering = "", 0, 0
        self._delivery: Delivery | None = None
        self._send, self._clock = send, clock
        self._left_item: int | None = None
        self._uploading = asyncio.Lock()
        self._mavsdk: MavsdkSession | None = None

    @property
    def state(self) -> VehicleState:
        """What is known of it now."""
        return self.telemetry.state(self._clock())

    def receive(self, packet: Packet, now: Instant) -> None:
        """Take one packet of this vehicle."""
        self.dialogue.receive(packet, now)
        if self._mavsdk is not None:
            self._mavsdk.feed(packet.data)

    async def upload(self, cleared: ClearedPlan, progress: Progress | None = None, say: Say | None = None) -> None:
        """Give the vehicle a cleared plan (mission, fence, rally points), read it back and compare.

        Raises:
            MissionError: when the clearance is not valid, the plan is not for this vehicle, or the delivery failed;
                then it says what the vehicle holds.
            TypeError: for anything but a `ClearedPlan`.
        """
        if not isinstance(cleared, ClearedPlan):
            raise TypeError("only a ClearedPlan can be uploaded: have the plan checked first")
        self._check(cleared)
        if self._uploading.locked():
            raise self._error("vehicle.busy", "another upload is under way", "正在进行另一次上传")
        async with self._uploading:
            self.plan = None
            await self._deliver_all(cleared.plan, progress or _unheeded, say or _silent)
            self.plan = cleared.plan
            self.telemetry.mission_size = len(cleared.plan.items)

    def cancel_upload(self) -> None:
        """End an upload under way: what the vehicle got of it is cleared, and `upload` raises."""
        if self._delivery is not None:
            self.dialogue.send(*self._delivery.cancel("cancelled", self._clock()))

    def told(self, what: str) -> None:
        """Note what it is told."""
        self.commanded = what
        self.orders += 1

    async def disarm(self) -> None:
        """Disarm on the ground; the vehicle refuses in the air."""
        await self.dialogue.command(Command(mavlink.MAV_CMD_COMPONENT_ARM_DISARM, (0.0,)))

    async def arm(self, say: Say | None = None, within_s: float = launching.ARM_WITHIN_S) -> None:
        """Arm, trying again until accepted.

        Raises:
            MissionError: with the last reason, when it does not arm in that time.
        """
        copter = self.telemetry.autopilot == "ardupilot" and self.telemetry.kind == "rotorcraft"
        await launching.arm(self.dialogue, say or _silent, within_s, "GUIDED" if copter else None)

    async def start_mission(self, say: Say | None = None, within_s: float = launching.ARM_WITHIN_S) -> None:
        """Arm where needed and begin the uploaded mission.

        Raises:
            MissionError: when there is no uploaded plan, it does not arm, or it refuses.
        """
        if self.plan is None:
            raise self._error("vehicle.no_plan", "has no uploaded plan", "没有已上传的航线")
        self.telemetry.begin_flight()
        self._left_item = None
        self.told("start")
        await launching.start_mission(self.dialogue, say or _silent, within_s)

    @order("hold")
    async def hold(self) -> None:
        """Stop where it is (rotorcraft) or circle there (fixed wing), until told otherwise."""
        if self.telemetry.autopilot == "px4":
            await set_mode(self.dialogue, "AUTO.LOITER")
        elif self.telemetry.kind == "rotorcraft":
            # BRAKE needs no pilot's stick; LOITER would sink with the throttle stick down.
            try:
                await set_mode(self.dialogue, "BRAKE")
            except MissionError:
                await set_mode(self.dialogue, "LOITER")
        else:
            await set_mode(self.dialogue, "LOITER")

    @order("")
    async def resume(self) -> None:
        """Go on with the mission where it was left."""
        left, self._left_item = self._left_item, None
        if left is not None and self._flies_its_landing(in_mode=None):
            seq = left + self.telemetry.first_seq
            await self.dialogue.command(Command(mavlink.MAV_CMD_DO_SET_MISSION_CURRENT, (float(seq),)))
            await self.dialogue.until(lambda: self.telemetry.mission_seq == seq, _ITEM_WITHIN_S)
        self.told("resume")
        if self.telemetry.autopilot == "px4":
            await self._resume_px4()
        else:
            await set_mode(self.dialogue, "AUTO")

    async def _resume_px4(self) -> None:
        """Its mission mode, and on to the very item that was left.

        Where pictures are taken PX4 goes back by two places, straight across, on a way that nobody has checked
        (``MissionBase::on_activation`` of 1.16).
        """
        left = self.telemetry.mission_seq
        await set_mode(self.dialogue, "AUTO.MISSION")

        def goes_back() -> bool:
            seq = self.telemetry.mission_seq
            return left is not None and seq is not None and seq < left

        if left and await self.dialogue.until(goes_back, _GOES_BACK_WITHIN_S):
            await self.dialogue.command(Command(mavlink.MAV_CMD_MISSION_START, (float(left),)))

    @order("return")
    async def return_home(self) -> None:
        """Fly home (ArduPilot: or to the nearest rally point) and land there where the autopilot does so."""
        self._leave_plan()
        if self.telemetry.autopilot == "px4":
            await set_mode(self.dialogue, "AUTO.RTL")
        else:
            # ArduPlane with RTL_AUTOLAND goes on to its plan's landing, in AUTO, before its mode RTL need be seen.
            await set_mode(self.dialogue, "RTL", or_when=self._flies_its_landing)

    @order("land")
    async def land(self) -> None:
        """Land: a rotorcraft here, a fixed wing by its plan's landing, and without one it returns home."""
        self._leave_plan()
        if self.telemetry.autopilot == "px4":
            await set_mode(self.dialogue, "AUTO.LAND")
        elif self.telemetry.kind == "rotorcraft":
            await set_mode(self.dialogue, "LAND")
        elif self.telemetry.kind == "vtol":
            await set_mode(self.dialogue, "QLAND")
        elif (item := self._landing_item()) is None:
            await self.return_home()
        else:
            seq = float(item + self.telemetry.first_seq)
            await self.dialogue.command(Command(mavlink.MAV_CMD_DO_SET_MISSION_CURRENT, (seq,)))
            await set_mode(self.dialogue, "AUTO")

    @order("goto")
    async def goto(self, position: Position) -> None:
        """Fly to a position (height AMSL) and wait there."""
        place = (round(position.lat_deg * 1e7), round(position.lon_deg * 1e7), mavlink.MAV_FRAME_GLOBAL)
        params = (-1.0, 1.0, 0.0, math.nan, 0.0, 0.0, position.alt_amsl_m)
        if self.telemetry.autopilot == "ardupilot" and self.telemetry.kind == "rotorcraft":
            await set_mode(self.dialogue, "GUIDED")
        await self.dialogue.command(Command(mavlink.MAV_CMD_DO_REPOSITION, params, place))

    async def look_at(self, position: Position | None) -> None:
        """Keep the camera on a position (height AMSL); None lets it go."""
        if position is None:
            await self.dialogue.command(Command(mavlink.MAV_CMD_DO_SET_ROI_NONE))
            return
        place = (round(position.lat_deg * 1e7), round(position.lon_deg * 1e7), mavlink.MAV_FRAME_GLOBAL)
        params = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, position.alt_amsl_m)
        await self.dialogue.command(Command(mavlink.MAV_CMD_DO_SET_ROI_LOCATION, params, place))

    async def parameters(self) -> dict[str, float | int]:
        """All parameters by name (MAVSDK)."""
        return await self._session().parameters()

    async def set_parameter(self, name: str, value: float) -> None:
        """Set one parameter (MAVSDK)."""
        await self._session().set_parameter(name, value)

    async def return_height_m(self) -> float | None:
        """Over home, the height at which it returns by itself, from its parameters; see `returning`."""
        return await return_height_m(self.dialogue)

    async def take_photo(self) -> None:
        """Take one picture (MAVSDK)."""
        await self._session().take_photo()

    async def close(self) -> None:
        """End what was begun for it."""
        session, self._mavsdk = self._mavsdk, None
        if session is not None:
            await session.close()

    def _session(self) -> MavsdkSession:
        if self._mavsdk is None:
            self._mavsdk = MavsdkSession(self.id, self._send)
        return self._mavsdk

    def _check(self, cleared: ClearedPlan) -> None:
        plan, telemetry = cleared.plan, self.telemetry
        if not cleared.valid_at(self._clock()):
            raise self._error("mission.clearance_expired", "the clearance has expired: clear it again", "放行已过期")
        if plan.vehicle_id not in ("", self.id):
            raise self._error("vehicle.wrong_plan", f"the plan is for {plan.vehicle_id}", f"航线属于 {plan.vehicle_id}")
        if telemetry.link(self._clock()) == "lost":
            raise self._error("vehicle.link_lost", "nothing is heard of it", "链路中断")
        if plan.vehicle_kind != telemetry.kind:
            raise self._error(
                "vehicle.wrong_plan",
                f"the plan is for a {plan.vehicle_kind}, this is a {telemetry.kind}",
                f"航线适用于 {plan.vehicle_kind}，而本机为 {telemetry.kind}",
            )
        if telemetry.armed:
            raise self._error(
                "vehicle.armed", "is armed: land and disarm it before an upload", "已解锁：请先降落并上锁"
            )
        position = self.state.position
        if position is not None and (apart_m := _apart_m(position, plan.home)) > FARTHEST_FROM_HOME_M:
            raise self._error(
                "vehicle.wrong_plan",
                f"stands {apart_m:.0f} m from the plan's home: plan again for where it is",
                f"距航线起飞点 {apart_m:.0f} 米：请按当前位置重新规划",
            )

    async def _deliver_all(self, plan: Plan, progress: Progress, say: Say) -> None:
        items = mission_items(plan, self.telemetry.autopilot)
        fence = fence_items(plan.fence)
        rally = rally_items(plan.rally, plan.home)
        total = len(items) + len(fence) + len(rally)

        def share(before: int, count: int) -> Progress:
            return lambda part: progress((before + part * count) / total)

        await self._deliver(items, MissionType.MISSION, share(0, len(items)))
        if fence:
            await self._deliver(fence, MissionType.FENCE, share(len(items), len(fence)))
        if self.telemetry.autopilot == "ardupilot" and (fence or plan.fence.ceiling_home_m is not None):
            await self._enable_fence(bool(fence), plan.fence.ceiling_home_m, say)
        # Also without any: to those of an earlier plan it would return on ways that nobody has checked.
        await self._deliver(rally, MissionType.RALLY, share(len(items) + len(fence), len(rally)))
        progress(1.0)

    async def _deliver(self, items: tuple[WireItem, ...], mission_type: MissionType, progress: Progress) -> None:
        recipient = Recipient(self.dialogue.target, self.telemetry.autopilot, self.telemetry.kind)
        delivery = self._delivery = Delivery(items, mission_type, recipient)
        try:
            async with asyncio.TaskGroup() as group:
                reporting = group.create_task(_report(delivery, progress))
                await self.dialogue.perform(delivery)
                reporting.cancel()
        finally:
            self._delivery = None
        if delivery.error is not None:
            error: DeliveryError = delivery.error
            raise MissionError("vehicle.upload_failed", f"{self.id}: {error}", f"{self.id}：{error.message_zh}")

    async def _enable_fence(self, polygons: bool, ceiling_m: float | None, say: Say) -> None:
        """Switch on exactly the fences of the plan: ArduPilot's defaults add a circle of 300 m and 100 m of height."""
        wanted = {"FENCE_TYPE": float(_FENCE_POLYGONS * polygons + _FENCE_CEILING * (ceiling_m is not None))}
        if ceiling_m is not None:
            wanted["FENCE_ALT_MAX"] = ceiling_m
        for name, value in wanted.items():
            exchange = await self.dialogue.perform(ParameterExchange(name, self.dialogue.target, value=value))
            if exchange.value is None or not math.isclose(exchange.value, value, abs_tol=0.01):
                say(f"{self.id}: did not take {name}; its fence stays off", f"{self.id}：未接受 {name}，围栏未启用")
                return
        command = await self.dialogue.perform(
            CommandExchange(Command(mavlink.MAV_CMD_DO_FENCE_ENABLE, (1.0,)), self.dialogue.target)
        )
        if not command.accepted:
            say(f"{self.id}: fence not enabled: {command.words[0]}", f"{self.id}：围栏未启用：{command.words[1]}")

    def _landing_item(self) -> int | None:
        return None if self.plan is None else landing_index(self.plan)

    def _flies_its_landing(self, in_mode: str | None = "AUTO") -> bool:
        item, landing = self.state.mission_item, self._landing_item()
        if in_mode is not None and self.telemetry.mode != in_mode:
            return False
        return item is not None and landing is not None and item >= landing

    def _leave_plan(self) -> None:
        """Keep the item it flies, for an aircraft with wings jumps to its plan's landing to come home."""
        if not self._flies_its_landing(in_mode=None):
            self._left_item = self.state.mission_item

    def _error(self, code: str, words_en: str, words_zh: str) -> MissionError:
        return MissionError(code, f"{self.id}: {words_en}", f"{self.id}：{words_zh}")


async def _report(delivery: Delivery, progress: Progress) -> None:
    while True:
        progress(delivery.progress)
        await asyncio.sleep(0.2)


def _apart_m(a: Position, b: Position) -> float:
    """Metres between two near positions, along the ground (equirectangular, 6371 km)."""
    north = math.radians(a.lat_deg - b.lat_deg)
    east = math.radians(a.lon_deg - b.lon_deg) * math.cos(math.radians(a.lat_deg))
    return 6_371_000.0 * math.hypot(north, east)
