import pytest

from fusion.sources import SourceError, SourceSettings


@pytest.mark.parametrize(
    ("url", "protocol"),
    [
        ("rtsp://127.0.0.1:8554/cam-001", "rtsp"),
        ("udp://127.0.0.1:5601", "mpegts"),
        ("/data/flight.ts", "file"),
        ("file:///data/flight.ts", "file"),
        ("recording.mp4", "file"),
    ],
)
def test_the_address_tells_how_video_travels(url: str, protocol: str) -> None:
    assert SourceSettings("cam-001", url).protocol == protocol


@pytest.mark.parametrize("url", ["", "http://127.0.0.1/x", "udp://127.0.0.1", "udp://127.0.0.1:abc"])
def test_an_address_that_cannot_be_read_says_what_to_write(url: str) -> None:
    with pytest.raises(SourceError, match=r"rtsp://|udp://"):
        SourceSettings("cam-001", url)


def test_a_password_is_not_shown() -> None:
    shown = SourceSettings("cam-001", "rtsp://user:secret@10.0.0.1/stream").shown_url
    assert "secret" not in shown and "10.0.0.1" in shown
