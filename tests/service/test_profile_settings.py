"""Profiles in the configuration: one figure changes one figure, nonsense is told by its key."""

from pathlib import Path

import msgspec
import pytest

from missions.planning.profiles import PROFILES
from service.config import ConfigError, load


def written(folder: Path, text: str) -> Path:
    file = folder / "liti.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_without_a_word_the_profiles_are_the_defaults(tmp_path: Path) -> None:
    assert dict(load(written(tmp_path, "")).profiles.table) == dict(PROFILES)


def test_a_figure_changes_and_the_others_stay(tmp_path: Path) -> None:
    table = load(written(tmp_path, "[profiles.rotorcraft]\ncruise_mps = 12\n")).profiles.table
    assert table["rotorcraft"] == msgspec.structs.replace(PROFILES["rotorcraft"], cruise_mps=12.0)
    assert table["vtol"] == PROFILES["vtol"]


def test_a_variable_overrides_a_figure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LITI_PROFILES__VTOL__HOVER_POWER", "5.5")
    assert load(written(tmp_path, "")).profiles.table["vtol"].hover_power == 5.5


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[profiles.rotorcraft]\ncruise = 12\n", "profiles.rotorcraft.cruise: unknown key; did you mean cruise_mps"),
        ("[profiles.helicopter]\ncruise_mps = 12\n", "profiles.helicopter: unknown key"),
        ("[profiles.fixed_wing]\ncruise_mps = 40\n", "fixed_wing: speeds must rise from min_mps"),
        ("[profiles.fixed_wing]\nbank_deg = 89\n", "profiles.fixed_wing.bank_deg"),
        ("[profiles.rotorcraft]\nbank_deg = 30\n", "rotorcraft: aircraft with wings, and only they"),
        ("[profiles.rotorcraft]\nhover_power = 0.5\n", "rotorcraft: hover_power"),
        ("[profiles.vtol]\nmax_wind_mps = 30\n", "vtol: max_wind_mps"),
        ("[profiles.vtol]\nreserve_fraction = 1.0\n", "profiles.vtol.reserve_fraction"),
    ],
)
def test_nonsense_is_told_by_its_key(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(written(tmp_path, text))
    assert said in str(caught.value)
