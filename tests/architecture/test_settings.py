"""The process refuses to start half-configured, and no refusal repeats a value."""

import sys

import pytest

from marac import cli, config
from marac.config import load_settings
from marac.errors import ConfigurationError

SECRET = "hunter2-in-a-setting"
SERVER = {
    "database_url": f"postgresql://marac:{SECRET}@db.example/casework",
    "keystore_url": f"postgresql://marac:{SECRET}@keys.example/keys",
    "root_key": f"vault-transit:{SECRET}",
}


@pytest.fixture(autouse=True)
def _a_bare_environment(monkeypatch):
    for name in (
        "DATA",
        "DATABASE_URL",
        "KEYSTORE_URL",
        "ROOT_KEY",
        "SERVICE_NAME",
        "BASE_URL",
        "SMTP_URL",
        "LOG_LEVEL",
        "TRUSTED_PROXIES",
        "METRICS_TOKEN",
        "CHECKPOINTS",
    ):
        monkeypatch.delenv(f"MARAC_{name}", raising=False)


def test_with_no_settings_everything_is_embedded_in_one_folder_and_the_root_key_beside_it(tmp_path):
    settings = load_settings(data=tmp_path / "here")
    assert settings.embedded
    assert settings.service_name == "Casework"
    assert settings.database_url == f"sqlite:///{tmp_path}/here/casework.db"
    assert settings.keystore_url == f"sqlite:///{tmp_path}/here/keys.db"
    assert settings.root_key == f"file:{tmp_path}/here-root/root.key"


def test_settings_are_read_from_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("MARAC_DATA", str(tmp_path))
    monkeypatch.setenv("MARAC_SERVICE_NAME", "Partnership desk")
    settings = load_settings()
    assert (settings.data, settings.service_name) == (tmp_path, "Partnership desk")


def test_a_whole_server_configuration_is_accepted():
    settings = load_settings(**SERVER, base_url="https://casework.example/", smtp_url="smtps://mail.example")
    assert not settings.embedded
    assert settings.secure
    assert settings.base_url == "https://casework.example"
    assert settings.database_url.startswith("postgresql+psycopg://")


@pytest.mark.parametrize("missing", SERVER)
def test_two_of_the_three_server_settings_refuse_and_name_the_third(missing):
    with pytest.raises(ConfigurationError, match=f"MARAC_{missing.upper()}") as refusal:
        load_settings(**{name: value for name, value in SERVER.items() if name != missing})
    assert SECRET not in str(refusal.value)


WRONG = {
    "one database for both": ("MARAC_KEYSTORE_URL", SERVER | {"keystore_url": SERVER["database_url"]}),
    "an unknown database": ("MARAC_DATABASE_URL", SERVER | {"database_url": f"mysql://{SECRET}"}),
    "an unknown root key": ("MARAC_ROOT_KEY", SERVER | {"root_key": SECRET}),
    "a file provider without a file": ("MARAC_ROOT_KEY", SERVER | {"root_key": "file:"}),
    "a root key beside the database": (
        "MARAC_ROOT_KEY",
        {
            "database_url": f"sqlite:////srv/{SECRET}/casework.db",
            "keystore_url": "sqlite:////srv/keys/keys.db",
            "root_key": f"file:/srv/{SECRET}/root.key",
        },
    ),
    "plain http to other machines": ("MARAC_BASE_URL", {"base_url": f"http://{SECRET}.example"}),
    "mail without an address to sign in at": ("MARAC_BASE_URL", {"smtp_url": f"smtp://{SECRET}"}),
    "mail by another protocol": ("MARAC_SMTP_URL", {"smtp_url": SECRET, "base_url": "https://casework.example"}),
    "proxies without TLS": ("MARAC_TRUSTED_PROXIES", {"trusted_proxies": 1}),
    "more proxies than anybody has": ("MARAC_TRUSTED_PROXIES", {"trusted_proxies": 99}),
    "a token that can be guessed": ("MARAC_METRICS_TOKEN", {"metrics_token": SECRET[:10]}),
    "checkpoints in the data folder": (
        "MARAC_CHECKPOINTS",
        {"data": f"/srv/{SECRET}", "checkpoints": f"/srv/{SECRET}/x"},
    ),
    "checkpoints by mail without mail": ("MARAC_CHECKPOINTS", {"checkpoints": f"mailto:{SECRET}@example.org"}),
    "an unknown log level": ("MARAC_LOG_LEVEL", {"log_level": SECRET}),
    "an empty service name": ("MARAC_SERVICE_NAME", {"service_name": ""}),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_setting_is_named_and_its_value_is_not_repeated(case):
    named, given = WRONG[case]
    with pytest.raises(ConfigurationError) as refusal:
        load_settings(**given)
    assert str(refusal.value).startswith(named)
    assert SECRET not in str(refusal.value)
    assert refusal.value.__cause__ is None
    assert refusal.value.__context__ is None


MISSING = {
    "psycopg": ("MARAC_DATABASE_URL", "marac[postgres]", SERVER),
    "hvac": ("MARAC_ROOT_KEY", "marac[vault]", SERVER),
}


@pytest.mark.parametrize("module", MISSING)
def test_what_a_setting_needs_and_is_not_installed_is_named(monkeypatch, module):
    named, extra, given = MISSING[module]
    monkeypatch.setattr(config, "find_spec", lambda name: None if name == module else True)
    with pytest.raises(ConfigurationError) as refusal:
        load_settings(**given)
    assert str(refusal.value).startswith(named)
    assert extra in str(refusal.value)
    assert SECRET not in str(refusal.value)


HTTPS = {"MARAC_BASE_URL": "https://casework.example"}
NOT_SERVED = {
    "no address": ("MARAC_BASE_URL", {"MARAC_BASE_URL": ""}, ()),
    "other machines without TLS": (
        "MARAC_BASE_URL",
        {"MARAC_BASE_URL": "http://127.0.0.1:8000"},
        ("--host", "0.0.0.0"),
    ),
    "TLS by nobody": ("MARAC_TRUSTED_PROXIES", HTTPS, ()),
    "a debugger": ("FLASK_DEBUG", HTTPS | {"MARAC_TRUSTED_PROXIES": "1", "FLASK_DEBUG": "1"}, ()),
    "one setting of three": ("MARAC_ROOT_KEY", HTTPS | {"MARAC_ROOT_KEY": ""}, ()),
    "a misspelt name": ("MARAC_TRUSTED_PROXYS", HTTPS | {"MARAC_TRUSTED_PROXYS": "1"}, ()),
}


@pytest.mark.parametrize("case", NOT_SERVED)
def test_pages_are_not_served_half_configured_one_sentence_and_exit_code_2(founded, monkeypatch, capsys, case):
    """A server of its own databases, each row with one thing missing or against another."""
    named, environment, words = NOT_SERVED[case]
    data = founded / "data"
    given = {"MARAC_DATABASE_URL": f"sqlite:///{data}/casework.db", "MARAC_KEYSTORE_URL": f"sqlite:///{data}/keys.db",
             "MARAC_ROOT_KEY": f"file:{founded}/data-root/root.key", "MARAC_DATA": str(data)}  # fmt: skip
    for name, value in (given | environment).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "argv", ["marac", "serve", "--port", "0", *words])
    monkeypatch.setattr(cli.logs, "set_up", lambda *_level: None)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    said = capsys.readouterr().err.strip()
    assert ended.value.code == 2
    assert said.startswith(named), said
    assert len(said.splitlines()) == 1


def test_a_misspelt_setting_refuses_instead_of_starting_the_embedded_default(monkeypatch):
    monkeypatch.setenv("MARAC_DATABSE_URL", SECRET)
    with pytest.raises(ConfigurationError, match="MARAC_DATABSE_URL: there is no such setting") as refusal:
        load_settings()
    assert SECRET not in str(refusal.value)


def test_settings_print_without_passwords_and_do_not_change():
    settings = load_settings(**SERVER)
    assert SECRET not in repr(settings) + str(settings)
    with pytest.raises(ValueError, match="frozen"):
        settings.service_name = "Other"
