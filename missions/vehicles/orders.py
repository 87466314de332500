"""Orders: what a vehicle is told to do, known to all from the moment it is told until it is done or refused."""

from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar


class Ordered(Protocol):
    """What takes orders.

    Attributes:
        ordering: how many are being given at this moment.
    """

    ordering: int

    def told(self, what: str) -> None:
        """Note what it is told."""


P = ParamSpec("P")
V = TypeVar("V", bound=Ordered)


def order(
    what: str,
) -> Callable[
    [Callable[Concatenate[V, P], Coroutine[Any, Any, None]]], Callable[Concatenate[V, P], Coroutine[Any, Any, None]]
]:
    """Makes a method an order; with "" it notes itself when the vehicle is told."""

    def decorate(
        method: Callable[Concatenate[V, P], Coroutine[Any, Any, None]],
    ) -> Callable[Concatenate[V, P], Coroutine[Any, Any, None]]:
        @wraps(method)
        async def given(vehicle: V, /, *args: P.args, **kwargs: P.kwargs) -> None:
            if what:
                vehicle.told(what)
            vehicle.ordering += 1
            try:
                await method(vehicle, *args, **kwargs)
            finally:
                vehicle.ordering -= 1

        return given

    return decorate
