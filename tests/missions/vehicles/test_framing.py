import random
from pathlib import Path

import pytest

from maps.instants import Instant
from missions.vehicles.dialect import Encoder, Framer, mavlink
from missions.vehicles.tlog import TlogError, TlogWriter, read_tlog

FLIGHTS = Path(__file__).parents[2] / "data" / "flights"


def heartbeat():
    return mavlink.MAVLink_heartbeat_message(2, 3, 81, 4, 3, 3)


def test_packets_are_found_in_a_stream_cut_anywhere():
    encoder = Encoder(7, 1)
    stream = b"".join(encoder.encode(heartbeat()) for _ in range(20))
    framer = Framer()
    packets = [packet for at in range(0, len(stream), 5) for packet in framer.feed(stream[at : at + 5])]
    assert len(packets) == 20
    assert {packet.system_id for packet in packets} == {7}
    assert framer.bad_bytes == 0


def test_random_bytes_survive_are_counted_and_lose_nothing_of_what_follows():
    noise = random.Random(3)
    encoder, framer = Encoder(7, 1), Framer()
    found = fed = 0
    for _ in range(300):
        junk = noise.randbytes(noise.randrange(200))
        fed += len(junk)
        framer.feed(junk, whole=True)
        found += sum(p.message is not None for p in framer.feed(encoder.encode(heartbeat()), whole=True))
    assert found == 300
    # Noise that happens to look like a whole packet of an unknown number is the only other thing it can be.
    assert framer.bad_bytes + 280 * framer.unknown >= fed > framer.bad_bytes * 0.5


def test_a_damaged_packet_in_a_stream_costs_only_itself():
    encoder = Encoder(7, 1)
    good, bad = encoder.encode(heartbeat()), bytearray(encoder.encode(heartbeat()))
    bad[14] ^= 0xFF
    packets = Framer().feed(good + bytes(bad) + encoder.encode(heartbeat()) + good)
    assert len(packets) == 3


def test_message_numbers_unknown_to_the_dialect_are_skipped_not_failed():
    framer = Framer()
    known = 0
    for recorded in read_tlog(FLIGHTS / "px4quad_auto.tlog"):
        known += sum(packet.message is not None for packet in framer.feed(recorded.data, whole=True))
    assert framer.unknown > 10
    assert known > 300
    assert framer.bad_bytes == 0


def test_a_recording_reads_back_as_it_was_written(tmp_path):
    encoder = Encoder(1, 1)
    packets = [encoder.encode(heartbeat()) for _ in range(3)]
    writer = TlogWriter(tmp_path / "deep" / "link.tlog")
    for index, packet in enumerate(packets):
        writer.write(Instant(1000.000001 + index), packet)
    writer.close()
    data = (tmp_path / "deep" / "link.tlog").read_bytes()
    assert int.from_bytes(data[:8], "big") == 1_000_000_001
    assert [each.data for each in read_tlog(writer.path)] == packets
    writer.path.write_bytes(data[:-4])
    assert len(list(read_tlog(writer.path))) == 2


def test_a_file_that_is_no_recording_is_said_to_be_none(tmp_path):
    path = tmp_path / "plan.tlog"
    path.write_bytes(b"QGC WPL 110 and so on, nothing to do with packets")
    with pytest.raises(TlogError, match=r"no \.tlog"):
        list(read_tlog(path))


def test_a_recording_that_cannot_be_written_disturbs_nothing(tmp_path):
    (tmp_path / "file").write_text("")
    writer = TlogWriter(tmp_path / "file" / "link.tlog")
    writer.write(Instant(1.0), b"packet")
    writer.write(Instant(2.0), b"packet")
    writer.close()
    assert writer.failed is not None
