"""The process refuses to start half-configured, and no refusal repeats a value."""

import pytest

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
