"""What the encoder gives can be decoded from any key frame, without delay, and tells its instant."""

import av
import numpy as np
import pytest
from stanag4609 import decode_timestamp_payload, encode_avc_timestamp_sei

from simulators.cameras.encoder import Encoder
from simulators.cameras.misp import sei, stamped
from simulators.cameras.units import AccessUnit, nal_type, nal_units

START = 1_790_000_000.25


def pictures(count: int) -> list[np.ndarray]:
    rng = np.random.default_rng(2)
    noise = rng.integers(40, 200, (96, 160, 3), dtype=np.uint8)
    return [np.roll(noise, 2 * at, axis=1) for at in range(count)]


def units(count: int = 20, fps: float = 8.0) -> list[AccessUnit]:
    encoder = Encoder("cam-001", 160, 96, fps, 500)
    return [encoder.encode(picture, START + at / fps) for at, picture in enumerate(pictures(count))]


def test_every_picture_gives_one_access_unit_at_once_and_each_second_begins_with_a_key_frame() -> None:
    encoded = units()
    assert [unit.key for unit in encoded] == [at % 8 == 0 for at in range(20)]
    kinds = [[nal_type(nal) for nal in nal_units(unit.data)] for unit in encoded]
    assert kinds[8][:3] == [9, 7, 8]
    assert kinds[8][-2:] == [6, 5]
    assert kinds[9] == [9, 6, 1]


def test_decoding_can_begin_at_any_key_frame_and_shows_the_picture() -> None:
    decoder = av.CodecContext.create("h264", "r")
    frames = []
    for unit in units()[8:]:
        frames += decoder.decode(av.Packet(unit.data))
    frames += decoder.decode(None)
    assert len(frames) == 12
    shown = frames[-1].to_ndarray(format="gray").astype(float)
    meant = pictures(20)[-1].astype(float).mean(axis=2)
    assert np.corrcoef(shown.ravel(), meant.ravel())[0, 1] > 0.8


def test_the_time_stamp_is_the_one_of_misb_st_0604() -> None:
    nal = sei(START)
    assert decode_timestamp_payload(nal[3:-1], stream_type=0x1B).value == round(START * 1e6)
    assert encode_avc_timestamp_sei(round(START * 1e6)) == b"\x00\x00\x01" + nal


def test_the_time_stamp_comes_before_the_first_slice_and_changes_nothing_else() -> None:
    plain = b"\x00\x00\x00\x01\x09\xf0\x00\x00\x01\x65\x11\x22"
    marked = stamped(plain, START)
    assert [nal_type(nal) for nal in nal_units(marked)] == [9, 6, 5]
    assert marked.replace(b"\x00\x00\x00\x01" + sei(START), b"") == plain


@pytest.mark.parametrize("fps", [5.0, 12.5, 25.0])
def test_the_bit_rate_is_kept(fps: float) -> None:
    encoder = Encoder("cam-001", 160, 96, fps, 400)
    rng = np.random.default_rng(1)
    size = sum(
        len(encoder.encode(rng.integers(0, 255, (96, 160, 3), dtype=np.uint8), START + at / fps).data)
        for at in range(round(4 * fps))
    )
    assert size * 8 / 4 < 1.5 * 400_000
