"""The radio's sticks: at rest as in simulation (throttle down), moved by RC_CHANNELS_OVERRIDE or MANUAL_CONTROL."""

from pymavlink.dialects.v20 import ardupilotmega as mavlink

_REST = (1500, 1500, 1000, 1500, 1800, 1000, 1000, 1800)
_DEAD_ZONE_US = 100


class Sticks:
    """Eight channels in microseconds; overrides are forgotten after RC_OVERRIDE_TIME without news."""

    def __init__(self) -> None:
        self.channels_us = list(_REST)
        self._until_s = 0.0

    def receive(self, message: mavlink.MAVLink_message, now_s: float, hold_s: float) -> None:
        """RC_CHANNELS_OVERRIDE: 0 releases a channel, 65535 leaves it as it is."""
        for index in range(8):
            value = getattr(message, f"chan{index + 1}_raw")
            if value == 0:
                self.channels_us[index] = _REST[index]
            elif value != 65535:
                self.channels_us[index] = min(max(value, 800), 2200)
        self._until_s = now_s + hold_s

    def control(self, message: mavlink.MAVLink_message, now_s: float, hold_s: float) -> None:
        """MANUAL_CONTROL: -1000 to 1000 for x, y and r, 0 to 1000 for z; 32767 leaves it."""
        values = (message.y, -message.x, 2 * message.z - 1000, message.r)
        for index, value in enumerate(values):
            if abs(value) <= 1000:
                self.channels_us[index] = 1500 + value // 2
        self._until_s = now_s + hold_s

    def step(self, now_s: float) -> None:
        """Forget overrides that are too old."""
        if self._until_s and now_s > self._until_s:
            self._until_s = 0.0
            self.channels_us = list(_REST)

    def _centred(self, index: int, dead_us: int = 30) -> float:
        off = self.channels_us[index] - 1500
        return 0.0 if abs(off) <= dead_us else max(-1.0, min(1.0, off / 500))

    @property
    def climb(self) -> float:
        """-1 to 1; 0 around the middle."""
        return self._centred(2, _DEAD_ZONE_US)

    @property
    def forward(self) -> float:
        """-1 to 1 (pitch stick away from the pilot is forward)."""
        return -self._centred(1)

    @property
    def right(self) -> float:
        """-1 to 1."""
        return self._centred(0)

    @property
    def turn(self) -> float:
        """-1 to 1, clockwise."""
        return self._centred(3)
