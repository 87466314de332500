"""What Prometheus is told, read from the running parts when it asks."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from service.house import House


def exposition(house: "House") -> tuple[bytes, str]:
    """The metrics of one service in text format, and its media type."""
    registry = CollectorRegistry()
    registry.register(_Rooms(house))
    ProcessCollector(registry=registry)
    return generate_latest(registry), CONTENT_TYPE_LATEST


class _Rooms(Collector):
    def __init__(self, house: "House") -> None:
        self._house = house

    def collect(self) -> Iterable[Metric]:
        yield from _parts(self._house)
        yield from _bus(self._house)
        yield from _sensors(self._house)
        yield from _tracking(self._house)
        yield from _picture(self._house)
        yield from _links(self._house)


def _parts(house: "House") -> Iterator[Metric]:
    up = GaugeMetricFamily("liti_part_up", "1 while a part of the service runs", labels=["part"])
    failures = CounterMetricFamily("liti_part_failures", "Times a part of the service failed", labels=["part"])
    for name, report in (house.parts.reports if house.parts else {}).items():
        up.add_metric([name], float(report.state in {"running", "done"}))
        failures.add_metric([name], report.failures)
    yield up
    yield failures


def _bus(house: "House") -> Iterator[Metric]:
    published = CounterMetricFamily("liti_bus_published", "Values published on the bus", labels=["topic"])
    for name, count in house.bus.published.items():
        published.add_metric([name], count)
    dropped = GaugeMetricFamily("liti_bus_dropped", "Values lost by the present slow readers", labels=["topic"])
    for name, count in house.bus.dropped().items():
        dropped.add_metric([name], count)
    yield published
    yield dropped


def _tracking(house: "House") -> Iterator[Metric]:
    """Delay from the sensor's time to the publication of a track, over the newest publications."""
    text = "From the newest sensor time taken in to the publication of tracks"
    delay = GaugeMetricFamily("liti_tracking_delay_seconds", text, labels=["quantile"])
    tracking = house.tracking.now
    delays = sorted(tracking.latencies_s) if tracking is not None else []
    for quantile in (0.5, 0.95, 0.99) if delays else ():
        delay.add_metric([str(quantile)], delays[min(len(delays) - 1, int(quantile * len(delays)))])
    yield delay


def _picture(house: "House") -> Iterator[Metric]:
    counts = house.stream.metrics
    yield GaugeMetricFamily("liti_picture_seq", "Number of the picture's newest change", house.picture.seq)
    yield GaugeMetricFamily("liti_picture_entities", "Entities in the picture", len(house.picture))
    yield GaugeMetricFamily("liti_picture_clients", "Clients of the picture stream", counts.clients)
    yield GaugeMetricFamily("liti_streams_open", "WebSockets of pictures and video", house.streams_open)
    rejected = "Entities that could not be placed or written"
    yield CounterMetricFamily("liti_picture_rejected", rejected, house.picture.rejected)
    for name, text in {
        "snapshots": "Snapshots sent",
        "deltas": "Deltas sent",
        "dropped": "Ticks that slow clients missed",
        "resumed": "Resumes answered from the history",
        "resyncs": "Snapshots sent because the history did not reach back",
        "errors": "Messages that could not be understood",
        "bytes": "Bytes handed to connections",
    }.items():
        yield CounterMetricFamily(f"liti_picture_{name}", text, getattr(counts, name))


def _links(house: "House") -> Iterator[Metric]:
    packets = CounterMetricFamily("liti_link_packets", "MAVLink packets received", labels=["link"])
    sent = CounterMetricFamily("liti_link_sent", "MAVLink packets sent", labels=["link"])
    unsent = CounterMetricFamily("liti_link_unsent", "MAVLink packets that could not be sent", labels=["link"])
    noise = CounterMetricFamily("liti_link_bad_bytes", "Bytes received that belonged to no packet", labels=["link"])
    fleet = house.fleet.now
    for link in fleet.links if fleet is not None else ():
        name = [link.settings.url]
        packets.add_metric(name, link.packets)
        sent.add_metric(name, link.sent)
        unsent.add_metric(name, link.unsent)
        noise.add_metric(name, link.bad_bytes)
    yield packets
    yield sent
    yield unsent
    yield noise


def _sensors(house: "House") -> Iterator[Metric]:
    frames = CounterMetricFamily("liti_sensor_frames", "Frames decoded", labels=["sensor"])
    latency = GaugeMetricFamily("liti_sensor_latency_ms", "Sensor time to decoded frame", labels=["sensor"])
    up = GaugeMetricFamily("liti_sensor_ok", "1 while the video is fit for use", labels=["sensor"])
    for state in house.sensors.values():
        frames.add_metric([state.id], state.frames)
        up.add_metric([state.id], float(state.health == "ok"))
        if state.latency_ms is not None:
            latency.add_metric([state.id], state.latency_ms)
    yield frames
    yield latency
    yield up
