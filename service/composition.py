"""The one table of all parts of the service, in the order in which they start; they stop in reverse.

What is heavy to import is imported by the part that needs it, in a thread, so that the doors open at once.
"""

from functools import partial

from service import rooms, upkeep
from service.house import House
from service.parts import Part


def table(house: House) -> tuple[Part, ...]:
    """All parts of a service."""
    recorder = (Part("recorder", partial(rooms.record, house)),) if house.settings.recording.enabled else ()
    return (
        Part("picture", partial(upkeep.keep_picture, house)),
        Part("notice board", partial(upkeep.keep_notice_board, house)),
        *recorder,
        Part("district", partial(rooms.load_district, house)),
        Part("zones", partial(rooms.keep_zones, house)),
        Part("inventory", partial(rooms.show_inventory, house)),
        Part("incidents", partial(upkeep.show_incidents, house)),
        Part("weather", partial(rooms.follow_weather, house), essential=False),
        Part("fleet", partial(rooms.follow_fleet, house)),
        Part("missions", partial(rooms.fly_missions, house)),
        Part("watch", partial(rooms.watch_missions, house)),
        Part("tracking", partial(rooms.track, house)),
        Part("video sources", partial(rooms.watch_sources, house)),
        Part("coverage", partial(rooms.compute_coverage, house), essential=False),
        Part("retention", partial(upkeep.forget_the_old, house), essential=False),
    )
