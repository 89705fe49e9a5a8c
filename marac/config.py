"""The settings of a deployment, read from the environment once. Refuses to start half-configured.

A refusal names the setting and says what to do; it never repeats a value, since a value may hold a password.
"""

import os
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from marac.errors import ConfigurationError

PREFIX = "MARAC_"
NOT_OURS = ("MARAC_TEST_", "MARAC_BENCH_", "MARAC_CHROMIUM")  # read by tests and benchmarks only
ROOT_KEY_PROVIDERS = ("file", "passphrase", "vault-transit", "aws-kms", "pkcs11")
SERVER_SETTINGS = {"database_url", "keystore_url", "root_key"}  # all of them, or none
MAILTO = "mailto:"
LEAST_TOKEN = 24  # characters
PROVIDER_MODULES = {"vault-transit": "hvac", "aws-kms": "boto3", "pkcs11": "pkcs11"}
LOOPBACK = ("127.0.0.1", "localhost", "::1")


def _places(text: str) -> list[str]:
    return [place.strip() for place in text.split(",") if place.strip()]


def _beside(data: Path, suffix: str) -> Path:
    return data.with_name(data.name + suffix)


class Settings(BaseSettings):
    """Frozen. Without any of the three settings of a server, everything is embedded in the folder `data`.

    The embedded root key lives in `<data>-root/`, beside the data folder and not in it: who copies the data folder
    has no key to it.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, frozen=True, extra="forbid", hide_input_in_errors=True
    )

    data: Path = Path("data")
    database_url: str = Field(default_factory=lambda given: f"sqlite:///{given['data']}/casework.db", repr=False)
    keystore_url: str = Field(default_factory=lambda given: f"sqlite:///{given['data']}/keys.db", repr=False)
    root_key: str = Field(default_factory=lambda given: f"file:{_beside(given['data'], '-root')}/root.key", repr=False)
    per_case_root: bool = False
    """The root wraps case keys too, so that a key service logs each opening of a case. One call to it per page."""
    service_name: str = Field(default="Casework", min_length=1, max_length=60)
    base_url: str = "http://127.0.0.1:8000"
    smtp_url: str | None = Field(default=None, repr=False)
    checkpoints: str = Field(default="", repr=False)
    trusted_proxies: int = Field(default=0, ge=0, le=5)
    """How many proxies of ours stand before the service; what any other says of who asked is not believed."""
    metrics_token: str = Field(default="", repr=False)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @field_validator("data", mode="after")
    @classmethod
    def _absolute(cls, folder: Path) -> Path:
        return folder.expanduser().resolve()

    @field_validator("database_url", "keystore_url", mode="after")
    @classmethod
    def _driver(cls, url: str) -> str:
        """PostgreSQL is always spoken to through psycopg 3."""
        return url.replace("postgresql://", "postgresql+psycopg://", 1)

    @field_validator("base_url", mode="after")
    @classmethod
    def _no_trailing_slash(cls, url: str) -> str:
        return url.rstrip("/")

    @property
    def embedded(self) -> bool:
        """True when the databases and the root key are the default ones of the data folder."""
        return not self.model_fields_set & SERVER_SETTINGS

    @property
    def checkpoint_folders(self) -> tuple[Path, ...]:
        """The folders that are to hold the trail's checkpoints, out of this application's reach."""
        return tuple(Path(place).expanduser() for place in _places(self.checkpoints) if not place.startswith(MAILTO))

    @property
    def checkpoint_readers(self) -> tuple[str, ...]:
        """The mail addresses that are to hold them."""
        return tuple(place.removeprefix(MAILTO) for place in _places(self.checkpoints) if place.startswith(MAILTO))

    @property
    def secure(self) -> bool:
        """True when people reach the service over HTTPS, so cookies may be marked Secure."""
        return self.base_url.startswith("https://")

    @model_validator(mode="after")
    def _refuse_half_configured(self) -> Self:
        for setting, holds, advice in CHECKS:
            if not holds(self):
                raise ConfigurationError(f"{PREFIX}{setting.upper()}: {advice}")
        return self


def _given_together(setting: str) -> Callable[[Settings], bool]:
    return lambda settings: settings.embedded or setting in settings.model_fields_set


def _database_file(url: str) -> Path | None:
    return Path(url.removeprefix("sqlite:///")).resolve() if url.startswith("sqlite:///") else None


def _known_database(url: str) -> bool:
    return url.startswith(("sqlite:///", "postgresql+psycopg://"))


def _has_driver(url: str) -> bool:
    return not url.startswith("postgresql") or find_spec("psycopg") is not None


def _providers_missing(settings: Settings) -> list[str]:
    """Modules that the root key's provider needs and that are not installed."""
    wanted = (PROVIDER_MODULES.get(provider) for provider, _place in _roots(settings))
    return [module for module in wanted if module and find_spec(module) is None]


def _roots(settings: Settings) -> list[tuple[str, str]]:
    """(provider, place) of each root named: `new | old` while one follows the other."""
    parts = (one.strip().partition(":") for one in settings.root_key.split("|"))
    return [(provider, place) for provider, _, place in parts]


def _root_key_is_apart(settings: Settings) -> bool:
    files = [_database_file(url) for url in (settings.database_url, settings.keystore_url)]
    folders = [file.parent for file in files if file]
    held = [Path(place).expanduser().resolve() for provider, place in _roots(settings) if provider == "file"]
    return all(file.parent not in folders for file in held)


def _known_root_key(settings: Settings) -> bool:
    return all(
        provider in ROOT_KEY_PROVIDERS and bool(place) is (provider != "passphrase")
        for provider, place in _roots(settings)
    )


def _safe_address(settings: Settings) -> bool:
    address = urlsplit(settings.base_url)
    return address.scheme == "https" or (address.scheme == "http" and address.hostname in LOOPBACK)


DRIVER = "names PostgreSQL, which needs the extra marac[postgres]"
TOGETHER = "is not set. Set MARAC_DATABASE_URL, MARAC_KEYSTORE_URL and MARAC_ROOT_KEY together, or none of them."
DATABASE = "must start with sqlite:/// or postgresql://"

# (setting, what must hold, what to do when it does not), asked in this order
CHECKS: tuple[tuple[str, Callable[[Settings], bool], str], ...] = (
    ("database_url", _given_together("database_url"), TOGETHER),
    ("keystore_url", _given_together("keystore_url"), TOGETHER),
    ("root_key", _given_together("root_key"), TOGETHER),
    ("database_url", lambda s: _known_database(s.database_url), DATABASE),
    ("keystore_url", lambda s: _known_database(s.keystore_url), DATABASE),
    (
        "keystore_url",
        lambda s: s.keystore_url != s.database_url,
        "must be a database of its own, with backups of its own, so that erasing a case's keys erases the case",
    ),
    (
        "root_key",
        _known_root_key,
        "must be file:PATH, passphrase, vault-transit:…, aws-kms:… or pkcs11:…",
    ),
    (
        "root_key",
        _root_key_is_apart,
        "must not be a file in the folder of the database or of the key store; keep it in a folder of its own",
    ),
    ("base_url", _safe_address, "must start with https:// (http:// is for this machine only)"),
    (
        "base_url",
        lambda s: s.smtp_url is None or "base_url" in s.model_fields_set,
        "is not set. Messages are sent (MARAC_SMTP_URL is set), so they need the address that people sign in at.",
    ),
    (
        "smtp_url",
        lambda s: s.smtp_url is None or s.smtp_url.startswith(("smtp://", "smtps://")),
        "must start with smtp:// or smtps://",
    ),
    (
        "checkpoints",
        lambda s: all(folder.is_absolute() and not folder.is_relative_to(s.data) for folder in s.checkpoint_folders),
        "must name folders by their whole path, outside the data folder, or mailto:ADDRESS; commas between them",
    ),
    (
        "checkpoints",
        lambda s: s.smtp_url is not None or not s.checkpoint_readers,
        "names a mail address, so MARAC_SMTP_URL must be set",
    ),
    (
        "trusted_proxies",
        lambda s: not s.trusted_proxies or s.secure,
        "names proxies that carry TLS, so MARAC_BASE_URL must start with https://",
    ),
    (
        "metrics_token",
        lambda s: not s.metrics_token or len(s.metrics_token) >= LEAST_TOKEN,
        f"must have {LEAST_TOKEN} characters or more; leave it out and there are no figures to read",
    ),
    ("database_url", lambda s: _has_driver(s.database_url), DRIVER),
    ("keystore_url", lambda s: _has_driver(s.keystore_url), DRIVER),
    ("root_key", lambda s: not _providers_missing(s), "needs its extra: marac[vault], marac[aws] or marac[pkcs11]"),
)


# (setting, what must hold of settings, host and environment before pages are served, what to do when it does not)
SERVING: tuple[tuple[str, Callable[[Settings, str, dict[str, str]], bool], str], ...] = (
    (
        "MARAC_BASE_URL",
        lambda s, _host, _env: s.embedded or "base_url" in s.model_fields_set,
        "is not set. A server needs the address that people sign in at, for example https://casework.example.org",
    ),
    (
        "MARAC_BASE_URL",
        lambda s, host, _env: host in LOOPBACK or s.secure,
        "must start with https:// when other machines reach the service (--host names more than this machine)",
    ),
    (
        "MARAC_TRUSTED_PROXIES",
        lambda s, _host, _env: urlsplit(s.base_url).hostname in LOOPBACK or s.trusted_proxies > 0,
        "is not set. Say how many proxies of yours stand before the service (1 for the nginx of the README)",
    ),
    (
        "FLASK_DEBUG",
        lambda _s, _host, env: env.get("FLASK_DEBUG", "0").lower() in ("", "0", "false", "no"),
        "must not be set on a server: its pages would show what only a case may hold",
    ),
)


def refuse_to_serve(settings: Settings, host: str, environment: dict[str, str]) -> None:
    """ConfigurationError, which names the setting, unless pages may be served so."""
    for setting, holds, advice in SERVING:
        if not holds(settings, host, environment):
            raise ConfigurationError(f"{setting} {advice}")


def _refuse_unknown_names() -> None:
    """A misspelt name would silently start the embedded default instead of the server that was meant."""
    ours = {PREFIX + name.upper() for name in Settings.model_fields}
    for name in sorted(os.environ):
        if name.startswith(PREFIX) and name not in ours and not name.startswith(NOT_OURS):
            raise ConfigurationError(f"{name}: there is no such setting. The settings are {', '.join(sorted(ours))}.")


def load_settings(**overrides: Any) -> Settings:
    """Settings from the environment, with `overrides` (lower-case names without MARAC_) going first.

    Raises ConfigurationError, which names the setting and never its value.
    """
    _refuse_unknown_names()
    try:
        return Settings(**overrides)
    except ValidationError as error:
        problem = error.errors(include_input=False, include_url=False, include_context=False)[0]
        setting = PREFIX + str(problem["loc"][0] if problem["loc"] else "settings").upper()
        reason = f"{setting}: {problem['msg']}"
    raise ConfigurationError(reason)
