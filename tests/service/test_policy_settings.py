"""Policy in the configuration: what it says is heeded, what cannot be had is an error that names its key."""

import json
from pathlib import Path

import pytest

from missions.safety.policy import DEFAULT
from service.config import ConfigError, load


def written(folder: Path, text: str) -> Path:
    file = folder / "liti.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_without_a_word_policy_is_the_default(tmp_path: Path) -> None:
    assert load(written(tmp_path, "")).policy.made() == DEFAULT


def test_severities_and_overridable_rules_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = '[policy]\noverridable = ["home"]\n[policy.severity]\ndeparture = "blocking"\n'
    policy = load(written(tmp_path, text)).policy.made()
    assert policy.severity == {"departure": "blocking"}
    assert policy.may_override("home")
    monkeypatch.setenv("LITI_POLICY__OVERRIDABLE", json.dumps(["departure"]))
    assert load(written(tmp_path, text)).policy.overridable == {"departure"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[policy.severity]\nno_fly = "warning"\n', "no_fly is a hard rule"),
        ('[policy.severity]\nterrain = "off"\n', "terrain is a hard rule"),
        ('[policy]\noverridable = ["endurance"]\n', "endurance is a hard rule"),
        ('[policy.severity]\nmoonlight = "warning"\n', "there is no rule moonlight"),
        ('[policy.severity]\ndeparture = "loud"\n', "policy.severity.departure"),
        ("[policy]\noverride = []\n", "policy.override: unknown key; did you mean overridable"),
    ],
)
def test_what_cannot_be_had_is_an_error_at_start(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(written(tmp_path, text))
    assert said in str(caught.value)
