"""Session descriptions (RFC 4566) of H.264 streams (RFC 6184, section 8.2)."""

import base64

from simulators.cameras.units import nal_type, nal_units
from simulators.rtsp.rtp import CLOCK_HZ, PAYLOAD_TYPE

_SPS, _PPS = 7, 8
CONTROL = "video"


def parameter_sets(access_unit: bytes) -> tuple[bytes, ...]:
    """The sequence and picture parameter sets in an access unit; empty when it carries none."""
    return tuple(unit for unit in nal_units(access_unit) if nal_type(unit) in (_SPS, _PPS))


def description(sensor_id: str, session: int, sets: tuple[bytes, ...]) -> bytes:
    """What DESCRIBE answers for a camera whose parameter sets are known (or not yet: then they come in band)."""
    format_parameters = "packetization-mode=1"
    if sets:
        format_parameters += f";profile-level-id={sets[0][1:4].hex()}"
        format_parameters += ";sprop-parameter-sets=" + ",".join(base64.b64encode(each).decode() for each in sets)
    lines = [
        "v=0",
        f"o=- {session} 1 IN IP4 127.0.0.1",
        f"s={sensor_id}",
        "c=IN IP4 0.0.0.0",
        "t=0 0",
        "a=range:npt=now-",
        "a=control:*",
        f"m=video 0 RTP/AVP {PAYLOAD_TYPE}",
        f"a=rtpmap:{PAYLOAD_TYPE} H264/{CLOCK_HZ}",
        f"a=fmtp:{PAYLOAD_TYPE} {format_parameters}",
        f"a=control:{CONTROL}",
    ]
    return "\r\n".join([*lines, ""]).encode()
