"""Views: the picture through one area and one choice of layers, shared by all clients that look the same way.

A view knows which entities are in it, and which have left it since when. It is brought up to date when somebody asks,
so that views nobody reads cost nothing; what it answers is joined from the entities' cached bytes.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from zlib import crc32

import numpy as np

from fusion.extents import Box
from fusion.picture import Encoding, Picture


@dataclass(frozen=True, slots=True)
class Lens:
    """What a client wants to see.

    Attributes:
        area: west, south, east, north in degrees; None for everything.
        layers: kinds of entities; None for all.
    """

    area: Box | None = None
    layers: frozenset[str] | None = None

    @property
    def digest(self) -> str:
        """Eight characters that differ between lenses."""
        layers = None if self.layers is None else sorted(self.layers)
        return f"{crc32(repr((self.area, layers)).encode()):08x}"


@dataclass(frozen=True, slots=True)
class Content:
    """What changed in a view, ready to be joined into a message.

    Attributes:
        seq: the picture's number this brings a client to.
        changed: encoded entities, oldest change first.
        removed: ids.
    """

    seq: int
    changed: list[bytes] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)

    @property
    def empty(self) -> bool:
        """Whether there is nothing to tell."""
        return not self.changed and not self.removed


class View:
    """The picture through one `Lens`.

    Attributes:
        seq: the picture's number this view has been brought to.
        horizon: changes up to this number can no longer be told apart in this view.
    """

    def __init__(self, picture: Picture, lens: Lens, *, history: int = 20_000) -> None:
        self.lens = lens
        self.seq = 0
        self.horizon = 0
        self._picture = picture
        self._history = history
        self._member = np.empty(0, dtype=np.bool_)
        self._left: OrderedDict[str, int] = OrderedDict()
        self._begin_again()

    @property
    def epoch(self) -> str:
        """Tells sequence numbers of this view from those of other runs and of other lenses."""
        return f"{self._picture.epoch}-{self.lens.digest}"

    def refresh(self) -> None:
        """Bring the view up to the picture."""
        picture = self._picture
        if self.seq == picture.seq:
            return
        if self.seq < picture.horizon:
            self._begin_again()
            return
        self._fit()
        changed = picture.changed_since(self.seq)
        inside = picture.matching(changed, self.lens.area, self.lens.layers)
        left = changed[self._member[changed] & ~inside]
        self._member[changed] = inside
        self.seq = picture.seq
        for slot in left:
            name = picture.id_of(slot)
            self._left[name] = self.seq
            self._left.move_to_end(name)
        while len(self._left) > self._history:
            _, seq = self._left.popitem(last=False)
            self.horizon = max(self.horizon, seq)

    def snapshot(self, encoding: Encoding) -> Content:
        """Everything in the view."""
        self.refresh()
        slots = self._picture.in_order(np.flatnonzero(self._member))
        return Content(self.seq, [self._picture.encoded(slot, encoding) for slot in slots])

    def reaches(self, seq: int) -> bool:
        """Whether what changed after ``seq`` can be told."""
        self.refresh()
        return self.horizon <= seq <= self.seq

    def since(self, seq: int, encoding: Encoding) -> Content | None:
        """What changed after ``seq``; None when that can no longer be told, or lies in the future."""
        if not self.reaches(seq):
            return None
        picture = self._picture
        changed = picture.changed_since(seq)
        inside = picture.in_order(changed[self._member[changed]])
        removed = []
        for name, left in reversed(self._left.items()):
            if left <= seq:
                break
            removed.append(name)
        here = {picture.id_of(slot) for slot in inside} if removed else set()
        return Content(
            self.seq,
            [picture.encoded(slot, encoding) for slot in inside],
            [name for name in reversed(removed) if name not in here],
        )

    def _begin_again(self) -> None:
        picture = self._picture
        everything = np.arange(picture.capacity)
        self._member = picture.matching(everything, self.lens.area, self.lens.layers)
        self._left.clear()
        self.seq = self.horizon = picture.seq

    def _fit(self) -> None:
        more = self._picture.capacity - len(self._member)
        if more:
            self._member = np.concatenate([self._member, np.zeros(more, dtype=np.bool_)])


class Views:
    """The views in use, and those that were, so that a client which comes back finds its own.

    Args:
        limit: views kept; beyond it the one longest unused goes, and whoever resumes on it gets a snapshot.
    """

    def __init__(self, picture: Picture, *, limit: int = 1_000) -> None:
        self._picture = picture
        self._limit = limit
        self._views: OrderedDict[Lens, View] = OrderedDict()

    def __len__(self) -> int:
        return len(self._views)

    def get(self, lens: Lens) -> View:
        """The view through a lens; made where there is none."""
        view = self._views.get(lens)
        if view is None:
            view = self._views[lens] = View(self._picture, lens)
        self._views.move_to_end(lens)
        while len(self._views) > self._limit:
            self._views.popitem(last=False)
        return view
