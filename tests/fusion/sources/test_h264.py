import struct

from fusion.sources import h264
from tests.fusion.sources.streams import access_units, sei


def test_an_access_unit_says_whether_it_is_key_its_codec_and_its_time() -> None:
    units = access_units(9, start=1_700_000_000.0)
    first, second, ninth = (h264.facts(units[i]) for i in (0, 1, 8))
    assert (first.key, second.key, ninth.key) == (True, False, True)
    assert first.codec is not None and first.codec.startswith("avc1.") and len(first.codec) == 11
    assert second.codec is None and second.parameter_sets == b""
    assert (first.time, second.time) == (1_700_000_000.0, 1_700_000_000.125)


def test_units_without_a_time_have_none() -> None:
    assert h264.facts(access_units(1)[0]).time is None


def test_a_time_is_found_behind_other_messages_and_emulation_prevention() -> None:
    stamped = sei(1_700_000_000.0)[5:-1]
    other = b"\x04\x03abc"
    assert h264.sei_time(b"\x06" + other + stamped + b"\x80") == 1_700_000_000.0
    long = b"\x05\xff\x0a" + bytes(range(1, 256)) + b"0123456789"
    assert h264.sei_time(b"\x06" + long + stamped) == 1_700_000_000.0


def test_nonsense_is_survived() -> None:
    for data in (b"", b"\x00\x00\x01", b"\x00\x00\x01\x06", b"\x00\x00\x01\x06\x05\xff\xff", bytes(100), b"\xff" * 50):
        facts = h264.facts(data)
        assert not facts.key and facts.time is None


def test_length_prefixed_units_become_annex_b() -> None:
    data = struct.pack(">I", 3) + b"\x65ab" + struct.pack(">I", 2) + b"\x41c"
    assert h264.annex_b(data, 4) == b"\x00\x00\x00\x01\x65ab\x00\x00\x00\x01\x41c"
    assert h264.annex_b(struct.pack(">I", 900) + b"abc", 4) == b""


def test_parameter_sets_of_a_container_are_found() -> None:
    avcc = b"\x01\x42\xc0\x1e\xff\xe1\x00\x05\x67\x42\xc0\x1e\x11\x01\x00\x03\x68\xce\x3c"
    sets, length = h264.parameter_sets(avcc)
    assert sets == b"\x00\x00\x00\x01\x67\x42\xc0\x1e\x11\x00\x00\x00\x01\x68\xce\x3c" and length == 4
    assert h264.facts(sets).codec == "avc1.42c01e"
    assert h264.parameter_sets(sets) == (sets, 0)
    assert h264.parameter_sets(b"\x01\x42") == (b"", 0)
