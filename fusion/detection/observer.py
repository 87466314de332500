"""From a frame to observations: what moves, how large it is, where it stands, and whether it goes on."""

from typing import Protocol

from fusion.detection.background import BackgroundModel
from fusion.detection.blobs import Image
from fusion.detection.confirmation import Confirmation
from fusion.detection.flying import FlyingDetector
from fusion.detection.structures import Structures
from fusion.detection.things import Things, things
from fusion.geolocation import Errors, Ground
from fusion.messages import Observation, Position
from maps.optics import Lens, Pose
from maps.positions import LocalFrame


class Observer(Protocol):
    """Looks at the frames of one sensor, in order."""

    def observe(self, luma: Image, time: float, pose: Pose, lens: Lens, errors: Errors) -> tuple[Observation, ...]:
        """What moves in a frame, on the ground.

        Args:
            luma: shape (height, width), uint8.
            time: of the frame, seconds.
            pose, lens: of the camera at that instant; the lens is that of the frame's size.
            errors: of the pose.
        """


class FixedObserver:
    """For a camera that stands still."""

    def __init__(self, frame: LocalFrame, surface: Ground) -> None:
        self._frame = frame
        self._surface = surface
        self._model = BackgroundModel()
        self._confirmation = Confirmation()

    def observe(self, luma: Image, time: float, pose: Pose, lens: Lens, errors: Errors) -> tuple[Observation, ...]:
        """What moves in a frame, on the ground."""
        moving = self._model.moving(luma, time)
        found = things(moving.boxes_px, pose, lens, self._surface, errors)
        return _observations(found, self._confirmation, time, self._frame)


class FlyingObserver:
    """For an aircraft's camera."""

    def __init__(self, frame: LocalFrame, surface: Ground, structures: Structures) -> None:
        self._frame = frame
        self._surface = surface
        self._detector = FlyingDetector(structures)
        self._confirmation = Confirmation()

    def observe(self, luma: Image, time: float, pose: Pose, lens: Lens, errors: Errors) -> tuple[Observation, ...]:
        """What moves in a frame, on the ground."""
        moving = self._detector.moving(luma, time, pose, lens, self._surface)
        if moving is None:
            return ()
        found = things(moving.boxes_px, pose, lens, self._surface, errors)
        return _observations(found, self._confirmation, time, self._frame)


def _observations(found: Things, confirmation: Confirmation, time: float, frame: LocalFrame) -> tuple[Observation, ...]:
    confirmed, kinds = confirmation.confirm(found, time)
    if not confirmed.any():
        return ()
    lat, lon, alt = frame.geodetic_from_enu(found.points_enu_m)
    result = []
    for i in confirmed.nonzero()[0]:
        (a, b), (_, c) = found.covariances_m2[i]
        left, top, width, height = (float(value) for value in found.boxes_px[i])
        result.append(
            Observation(
                position=Position(float(lat[i]), float(lon[i]), float(alt[i]), 0.0),
                covariance_enu_m2=((float(a), float(b)), (float(b), float(c))),
                kind=kinds[i],
                box_px=(left, top, width, height),
                score=round(float(found.scores[i]), 3),
            )
        )
    return tuple(result)
