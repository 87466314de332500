"""Configuration: defaults work, files and variables are understood, and every mistake is named."""

import os
from pathlib import Path

import pytest

from service.config import ConfigError, load


@pytest.fixture(autouse=True)
def no_variables(monkeypatch):
    for name in [name for name in os.environ if name.startswith("LITI_")]:
        monkeypatch.delenv(name)


def refused(tmp_path: Path, text: str) -> str:
    path = tmp_path / "liti.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(ConfigError) as error:
        load(path)
    return "\n".join(error.value.problems)


def test_without_a_file_the_embedded_district_and_the_usual_link_are_used():
    settings = load()
    assert settings.district.folder == "nanling"
    assert [link.url for link in settings.links] == ["udpin:127.0.0.1:14550"]
    assert settings.server.host == "127.0.0.1"


def test_an_empty_file_is_a_configuration(tmp_path):
    path = tmp_path / "liti.toml"
    path.write_text("")
    assert load(path).storage.folder == tmp_path / "var"


def test_variables_come_before_the_file_and_options_before_both(tmp_path, monkeypatch):
    path = tmp_path / "liti.toml"
    path.write_text("[server]\nport = 1111\nhost = '0.0.0.0'\n")
    monkeypatch.setenv("LITI_SERVER__PORT", "2222")
    assert load(path).server.port == 2222
    both = load(path, port=3333).server
    assert (both.port, both.host) == (3333, "0.0.0.0")


def test_a_list_can_be_given_as_a_variable(monkeypatch):
    monkeypatch.setenv("LITI_SOURCES", '[{"sensor_id": "cam-001", "url": "rtsp://127.0.0.1:8554/cam-001"}]')
    assert load().sources[0].sensor_id == "cam-001"


def test_an_unknown_key_is_named_with_a_guess(tmp_path):
    assert "server.prot: unknown key; did you mean port?" in refused(tmp_path, "[server]\nprot = 1\n")
    assert "sources.0.sensorid: unknown key; did you mean sensor_id?" in refused(
        tmp_path, "[[sources]]\nsensorid = 'x'\nsensor_id = 'x'\nurl = 'rtsp://a/b'\n"
    )
    assert "sever: unknown key; did you mean server?" in refused(tmp_path, "[sever]\n")


def test_an_unknown_variable_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setenv("LITI_SERVER__PROT", "1")
    assert "server.prot" in refused(tmp_path, "")
    monkeypatch.setenv("LITI_SEVER__PORT", "1")
    assert "LITI_SEVER__PORT: unknown variable" in refused(tmp_path, "")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[server]\nport = 70000\n", "server.port: Input should be less than or equal to 65535"),
        ("[server]\nhost = 'a b'\n", "server.host: must be a host name"),
        ("[[links]]\nurl = 'bluetooth'\n", "links.0.url: write udpin:HOST:PORT"),
        ("[[sources]]\nsensor_id = 'cam'\nurl = 'carrier pigeon'\n", "sources.0.url: write rtsp://"),
        ("[[sources]]\nsensor_id = '../x'\nurl = 'rtsp://a/b'\n", "sources.0.sensor_id"),
        ("[[vehicles]]\nid = 'a'\nsystem_id = 1\n[[vehicles]]\nid = 'b'\nsystem_id = 1\n", "system_id: given twice: 1"),
        ("[server]\ntls_key = 'key.pem'\n", "tls_certificate and tls_key must be given together"),
        ("[server\n", "is not TOML"),
    ],
)
def test_what_is_not_allowed_is_named(tmp_path, text, words):
    assert words in refused(tmp_path, text)


def test_a_file_that_is_not_there_or_not_text_is_said(tmp_path):
    with pytest.raises(ConfigError, match="no such file"):
        load(tmp_path / "nothing.toml")
    (tmp_path / "x.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="not UTF-8"):
        load(tmp_path / "x.toml")


def test_contingencies_are_those_of_execution_unless_the_file_says_otherwise(tmp_path):
    from missions.execution.contingency import CONTINGENCIES

    assert load().contingency.table == CONTINGENCIES
    path = tmp_path / "liti.toml"
    path.write_text("[contingency]\nno_fly = 'land'\n")
    assert load(path).contingency.table == {**CONTINGENCIES, "no_fly": "land"}
    assert "contingency.no_fly" in refused(tmp_path, "[contingency]\nno_fly = 'crash'\n")
