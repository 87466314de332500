"""What DJI aircraft do at a waypoint ("actions" of WPML), and the plan items that mean the same.

Source: DJI Cloud API documentation, DJI WPML, common elements (action groups, triggers, actions).

| WPML | item |
|---|---|
| takePhoto | IMAGE_START_CAPTURE, one picture |
| startRecord, stopRecord | VIDEO_START_CAPTURE, VIDEO_STOP_CAPTURE |
| gimbalRotate, gimbalEvenlyRotate | GIMBAL_PITCHYAW |
| hover | DELAY |
| rotateYaw | CONDITION_YAW (115) |
| zoom | SET_CAMERA_ZOOM (531) by focal length |
| orientedShoot, accurateShoot | GIMBAL_PITCHYAW and IMAGE_START_CAPTURE |
| startContinuousShooting, stopContinuousShooting | IMAGE_START_CAPTURE every second, IMAGE_STOP_CAPTURE |
| a group triggered by multipleDistance | SET_CAM_TRIGG_DIST at its first and last waypoint |
| a group triggered by multipleTiming | IMAGE_START_CAPTURE and IMAGE_STOP_CAPTURE |
"""

from missions.plan import Command, Frame, PlanItem
from missions.planning.formats.checked import number, shown
from missions.planning.formats.results import Remarks
from missions.planning.formats.xmltext import Markup, element
from missions.planning.formats.xmltree import Element

CONDITION_YAW = 115
SET_CAMERA_ZOOM = 531
ZOOM_BY_FOCAL_LENGTH = 3.0


def order(command: int, *params: float | None) -> PlanItem:
    """An item without a place, for the camera or for waiting."""
    first, second, third, fourth, *_ = (*params, 0.0, 0.0, 0.0, 0.0)
    purpose = "" if command in (Command.DELAY, CONDITION_YAW) else "camera"
    return PlanItem(int(command), int(Frame.MISSION), params=(first, second, third, fourth), purpose=purpose)


def orders_of(action: Element, remarks: Remarks) -> list[PlanItem]:
    """The items that an action stands for; what has none is told."""
    name = action.said("actionActuatorFunc") or ""
    param = action.child("actionActuatorFuncParam") or action
    match name:
        case "takePhoto":
            return [order(Command.IMAGE_START_CAPTURE, 0.0, 0.0, 1.0)]
        case "orientedShoot" | "accurateShoot":
            remarks.add(
                f"{name}: its zoom and aim within the picture are not kept", f"{name}：变焦与取景未保留", action.where
            )
            return [_gimbal(param, always=True), order(Command.IMAGE_START_CAPTURE, 0.0, 0.0, 1.0)]
        case "panoShot":
            remarks.add("a panorama is kept as one picture", "全景拍摄按单张照片处理", action.where)
            return [order(Command.IMAGE_START_CAPTURE, 0.0, 0.0, 1.0)]
        case "startRecord":
            return [order(Command.VIDEO_START_CAPTURE)]
        case "stopRecord":
            return [order(Command.VIDEO_STOP_CAPTURE)]
        case "gimbalRotate" | "gimbalEvenlyRotate":
            if param.said("gimbalRotateMode") == "relativeAngle":
                remarks.add(
                    "a relative turn of the gimbal is taken as absolute", "云台相对转动按绝对角度处理", action.where
                )
            return [_gimbal(param, always=name == "gimbalEvenlyRotate")]
        case "hover":
            return [order(Command.DELAY, _said(param, "hoverTime", 0.0), -1.0, -1.0, -1.0)]
        case "rotateYaw":
            way = -1.0 if param.said("aircraftPathMode") == "counterClockwise" else 1.0
            return [order(CONDITION_YAW, _said(param, "aircraftHeading", 0.0) % 360.0, 0.0, way, 0.0)]
        case "zoom":
            return [order(SET_CAMERA_ZOOM, ZOOM_BY_FOCAL_LENGTH, _said(param, "focalLength", 0.0))]
        case "startContinuousShooting" | "startTimeLapse":
            return [order(Command.IMAGE_START_CAPTURE, 0.0, 1.0, 0.0)]
        case "stopContinuousShooting" | "stopTimeLapse":
            return [order(Command.IMAGE_STOP_CAPTURE)]
        case _:
            remarks.add(
                f"the action {shown(name)} is not known and was left out",
                f"未知动作 {shown(name)} 已忽略",
                action.where,
            )
            return []


def _said(param: Element, name: str, default: float) -> float:
    text = param.said(name)
    return default if text is None else number(text, f"<{name}> in line {param.line}")


def _gimbal(param: Element, always: bool) -> PlanItem:
    def angle(axis: str) -> float | None:
        enabled = always or param.said(f"gimbal{axis}RotateEnable") not in ("0", "false")
        return _said(param, f"gimbal{axis}RotateAngle", 0.0) if enabled else None

    pitch = angle("Pitch")
    return order(Command.GIMBAL_PITCHYAW, pitch, angle("Yaw") or 0.0)


def action_of(item: PlanItem) -> tuple[str, dict[str, str | float]] | None:
    """The action that means the same as an item, by its name and parameters; None when there is none."""
    first, second, third, _ = (value or 0.0 for value in item.params)
    match item.command:
        case Command.IMAGE_START_CAPTURE if second == 0 and third == 1:
            return "takePhoto", {"fileSuffix": "", "payloadPositionIndex": 0.0, "useGlobalPayloadLensIndex": 1.0}
        case Command.VIDEO_START_CAPTURE:
            return "startRecord", {"fileSuffix": "", "payloadPositionIndex": 0.0, "useGlobalPayloadLensIndex": 1.0}
        case Command.VIDEO_STOP_CAPTURE:
            return "stopRecord", {"payloadPositionIndex": 0.0}
        case Command.DELAY if first > 0:
            return "hover", {"hoverTime": first}
        case 115:  # CONDITION_YAW
            way = "counterClockwise" if third < 0 else "clockwise"
            return "rotateYaw", {"aircraftHeading": _half_turn(first), "aircraftPathMode": way}
        case 531 if first == ZOOM_BY_FOCAL_LENGTH:  # SET_CAMERA_ZOOM
            return "zoom", {"payloadPositionIndex": 0.0, "focalLength": second}
        case Command.GIMBAL_PITCHYAW:
            return "gimbalRotate", _gimbal_params(item.params[0], second)
        case _:
            return None


def _half_turn(angle_deg: float) -> float:
    """An angle from -180 to 180."""
    return (angle_deg + 180.0) % 360.0 - 180.0


def _gimbal_params(pitch_deg: float | None, yaw_deg: float) -> dict[str, str | float]:
    return {
        "gimbalHeadingYawBase": "aircraft",
        "gimbalRotateMode": "absoluteAngle",
        "gimbalPitchRotateEnable": float(pitch_deg is not None),
        "gimbalPitchRotateAngle": pitch_deg or 0.0,
        "gimbalRollRotateEnable": 0.0,
        "gimbalRollRotateAngle": 0.0,
        "gimbalYawRotateEnable": float(yaw_deg != 0),
        "gimbalYawRotateAngle": yaw_deg,
        "gimbalRotateTimeEnable": 0.0,
        "gimbalRotateTime": 0.0,
        "payloadPositionIndex": 0.0,
    }


def action_xml(index: int, action: tuple[str, dict[str, str | float]]) -> Markup:
    """An action of a group."""
    name, params = action
    inner = [element(f"wpml:{key}", value) for key, value in params.items()]
    return element(
        "wpml:action",
        element("wpml:actionId", index),
        element("wpml:actionActuatorFunc", name),
        element("wpml:actionActuatorFuncParam", *inner),
    )
