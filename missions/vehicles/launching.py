"""Arming and starting a mission, in the order that each autopilot wants.

* ArduCopter arms in GUIDED (AUTO refuses by default), then AUTO with MISSION_START takes off; some 41 s pass after boot
  until its position estimate lets it arm.
* ArduPlane goes to AUTO first: armed there it takes off by its TAKEOFF item.
* PX4 goes to AUTO.MISSION, arms, and MISSION_START begins.

Source: the recordings, ArduPilot's ``MAV_CMD_MISSION_START`` handlers, PX4's commander.
"""

import asyncio
from collections.abc import Callable

from missions.errors import MissionError
from missions.vehicles.commands import Command, CommandExchange
from missions.vehicles.dialect import mavlink
from missions.vehicles.dialogue import Dialogue
from missions.vehicles.modes import mode_numbers

Say = Callable[[str, str], None]
"""Takes what happens in English and Chinese, to be shown to people."""

ARM_WITHIN_S = 120.0
_ARM_AGAIN_S = 1.5
_MODE_WITHIN_S = 5.0
_HEARTBEAT_WITHIN_S = 5.0
_CUSTOM_MODE_ENABLED = 1.0


async def set_mode(dialogue: Dialogue, name: str, *, or_when: Callable[[], bool] | None = None) -> None:
    """Change the mode and see it change: PX4 was seen to accept modes that it does not have.

    Args:
        dialogue: with the vehicle.
        name: the autopilot's own word.
        or_when: what also shows that the mode was taken, for modes that go on to another by themselves.

    Raises:
        MissionError: when it is refused or does not happen.
    """
    telemetry = dialogue.telemetry
    try:
        mode, sub_mode = mode_numbers(telemetry.autopilot, telemetry.kind, name)
    except KeyError:
        raise MissionError(
            "vehicle.unsupported",
            f"{telemetry.vehicle_id}: its autopilot ({telemetry.autopilot}) has no mode {name}",
            f"{telemetry.vehicle_id}：自驾仪（{telemetry.autopilot}）没有 {name} 模式",
        ) from None
    await dialogue.command(Command(mavlink.MAV_CMD_DO_SET_MODE, (_CUSTOM_MODE_ENABLED, float(mode), float(sub_mode))))

    def taken() -> bool:
        return telemetry.mode == name or (or_when is not None and or_when())

    if not await dialogue.until(taken, _MODE_WITHIN_S):
        raise MissionError(
            "vehicle.refused",
            f"{telemetry.vehicle_id}: accepted mode {name} but stays in {telemetry.mode}",
            f"{telemetry.vehicle_id}：已接受 {name} 模式，但仍处于 {telemetry.mode}",
        )


async def arm(dialogue: Dialogue, say: Say, within_s: float = ARM_WITHIN_S, mode: str | None = None) -> None:
    """Arm, trying again until it is accepted; every new reason why not is said.

    Args:
        dialogue: with the vehicle.
        say: told of every new reason.
        within_s: when to give up.
        mode: the mode to be armed in, which may itself be refused until there is a position.

    Raises:
        MissionError: ``vehicle.not_armed`` with the last reason.
    """
    telemetry = dialogue.telemetry
    give_up = dialogue.clock() + within_s
    told: str | None = None
    while not telemetry.armed:
        try:
            await _arm_once(dialogue, mode)
        except MissionError as reason:
            if reason.code == "vehicle.unsupported":
                raise
            if reason.message_en != told:
                told = reason.message_en
                say(f"waiting to arm: {reason.message_en}", f"等待解锁：{reason.message_zh}")
            if dialogue.clock() + _ARM_AGAIN_S > give_up:
                raise MissionError(
                    "vehicle.not_armed",
                    f"not armed within {within_s:.0f} s: {reason.message_en}",
                    f"{within_s:.0f} 秒内未能解锁：{reason.message_zh}",
                ) from reason
            await asyncio.sleep(_ARM_AGAIN_S)


async def _arm_once(dialogue: Dialogue, mode: str | None) -> None:
    telemetry = dialogue.telemetry
    if mode is not None and telemetry.mode != mode:
        await set_mode(dialogue, mode)
    await dialogue.command(Command(mavlink.MAV_CMD_COMPONENT_ARM_DISARM, (1.0,)), tries=3)
    if not await dialogue.until(lambda: telemetry.armed, _HEARTBEAT_WITHIN_S):
        raise MissionError(
            "vehicle.refused",
            f"{telemetry.vehicle_id}: accepted arming but does not report it",
            f"{telemetry.vehicle_id}：已接受解锁，但未报告已解锁",
        )


async def start_mission(dialogue: Dialogue, say: Say, within_s: float = ARM_WITHIN_S) -> None:
    """Arm and begin the uploaded mission from its first item.

    Raises:
        MissionError: when the vehicle does not arm or refuses to start.
    """
    telemetry = dialogue.telemetry
    await _to_first_item(dialogue)
    if telemetry.autopilot == "px4":
        await arm(dialogue, say, within_s, "AUTO.MISSION")
    elif telemetry.kind == "fixed_wing":
        await arm(dialogue, say, within_s, "AUTO")
        await dialogue.until(lambda: telemetry.armed and telemetry.mode == "AUTO", _MODE_WITHIN_S)
        return
    else:
        await arm(dialogue, say, within_s, "GUIDED")
        await set_mode(dialogue, "AUTO")
    await dialogue.command(Command(mavlink.MAV_CMD_MISSION_START))


async def _to_first_item(dialogue: Dialogue) -> None:
    """Make the first item the next one. A vehicle that does not know the command begins there by itself."""
    first = float(dialogue.telemetry.first_seq)
    command = Command(mavlink.MAV_CMD_DO_SET_MISSION_CURRENT, (first, 1.0))
    exchange = await dialogue.perform(CommandExchange(command, dialogue.target, tries=4))
    if exchange.result is None:
        raise await dialogue.refusal(exchange, dialogue.clock())
