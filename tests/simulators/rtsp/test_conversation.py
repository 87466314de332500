"""What the server answers, without a socket."""

import random

import pytest

from simulators.cameras.units import AccessUnit
from simulators.rtsp.conversation import Channel, Conversation
from simulators.rtsp.messages import RequestReader, RtspError
from simulators.rtsp.rtp import MAX_PAYLOAD, RtpStream, payloads

NOW = 1_790_000_000.0
SPS, PPS = bytes([0x67, 0x42, 0xC0, 0x1E, 9]), bytes([0x68, 0xCE])
START = b"\x00\x00\x00\x01"


def unit(time: float = NOW, key: bool = True, size: int = 5000) -> AccessUnit:
    slices = bytes([0x65 if key else 0x41]) + bytes(1 + at % 255 for at in range(size))
    return AccessUnit("cam-001", time, key, START + START.join((SPS, PPS, slices) if key else (slices,)))


def conversation() -> Conversation:
    channel = Channel("cam-001")
    channel.learn(unit())
    return Conversation({"cam-001": channel}, (6000, 6001), random.Random(1))


def ask(talk: Conversation, method: str, path: str = "/cam-001", **headers: str) -> tuple[int, dict[str, str], bytes]:
    lines = [f"{method} rtsp://host:8554{path} RTSP/1.0", "CSeq: 7", *(f"{k}: {v}" for k, v in headers.items())]
    answer = talk.receive(("\r\n".join(lines) + "\r\n\r\n").encode(), NOW)
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *rest = head.decode().split("\r\n")
    return int(first.split()[1]), dict(line.split(": ", 1) for line in rest), body


def set_up(talk: Conversation, transport: str = "RTP/AVP/TCP;unicast;interleaved=2-3") -> str:
    status, headers, _ = ask(talk, "SETUP", "/cam-001/video", Transport=transport)
    assert status == 200
    return headers["Session"].split(";")[0]


def test_describe_tells_format_and_parameter_sets() -> None:
    status, headers, body = ask(conversation(), "DESCRIBE")
    assert (status, headers["CSeq"], headers["Content-Type"]) == (200, "7", "application/sdp")
    assert b"a=fmtp:96 packetization-mode=1;profile-level-id=42c01e;sprop-parameter-sets=Z0LAHgk=,aM4=" in body


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("OPTIONS", "/", {}, 200),
        ("DESCRIBE", "/cam-009", {}, 404),
        ("ANNOUNCE", "/cam-001", {}, 405),
        ("SETUP", "/cam-001/video", {"Transport": "RTP/AVP;multicast;port=5000-5001"}, 461),
        ("SETUP", "/cam-001/video", {"Transport": "RTP/AVP;client_port=90000-1"}, 461),
        ("PLAY", "/cam-001", {"Session": "none"}, 454),
        ("GET_PARAMETER", "/cam-001", {}, 200),
    ],
)
def test_each_request_has_its_answer(method: str, path: str, headers: dict[str, str], status: int) -> None:
    assert ask(conversation(), method, path, **headers)[0] == status


def test_playing_begins_with_a_report_and_a_key_frame_and_ends_with_teardown() -> None:
    talk = conversation()
    session = set_up(talk)
    assert talk.packets(unit()) == []
    assert ask(talk, "PLAY", Session=session)[0] == 200
    assert talk.packets(unit(key=False)) == []
    first = talk.packets(unit())
    assert [is_rtcp for is_rtcp, _ in first] == [True, *[False] * (len(first) - 1)]
    assert talk.framed(*first[0])[:2] == b"$\x03"
    assert all(is_rtcp is False for is_rtcp, _ in talk.packets(unit(NOW + 0.1, key=False)))
    assert talk.packets(unit(NOW + 2.5, key=False))[0][0] is True
    assert ask(talk, "TEARDOWN", Session=session)[0] == 200
    assert talk.closing
    assert talk.packets(unit()) == []


def test_the_sender_report_ties_rtp_time_to_utc() -> None:
    stream = RtpStream(ssrc=5, sequence=65535, offset=123)
    packets = stream.packetise(unit(NOW).data, NOW)
    report = stream.sender_report(NOW, "cam-001")
    ntp = int.from_bytes(report[8:16], "big") / 2**32 - 2_208_988_800
    assert ntp == pytest.approx(NOW, abs=1e-4)
    assert report[16:20] == packets[0][4:8]
    assert int.from_bytes(report[20:24], "big") == len(packets)
    assert [int.from_bytes(packet[2:4], "big") for packet in packets[:2]] == [65535, 0]
    assert [packet[1] >> 7 for packet in packets] == [*[0] * (len(packets) - 1), 1]


def test_large_nal_units_are_cut_and_can_be_put_together() -> None:
    parts = payloads(unit().data)
    assert parts[:2] == [SPS, PPS]
    fragments = parts[2:]
    assert all(len(part) <= MAX_PAYLOAD and part[0] & 0x1F == 28 for part in fragments)
    assert [part[1] >> 6 for part in fragments] == [2, *[0] * (len(fragments) - 2), 1]
    whole = bytes([fragments[0][0] & 0xE0 | fragments[0][1] & 0x1F]) + b"".join(part[2:] for part in fragments)
    assert unit().data.endswith(whole)


def test_requests_may_come_in_pieces_with_reports_between_them() -> None:
    reader = RequestReader()
    data = b"$\x01\x00\x03abcGET_PARAMETER rtsp://h/x RTSP/1.0\r\nCSeq: 1\r\nContent-Length: 2\r\n\r\nhi"
    items = [item for at in range(len(data)) for item in reader.feed(data[at : at + 1])]
    assert [type(item).__name__ for item in items] == ["Interleaved", "Request"]
    with pytest.raises(RtspError):
        reader.feed(b"GET / HTTP/1.1\r\n\r\n")
    with pytest.raises(RtspError):
        RequestReader().feed(b"x" * 20_000)
