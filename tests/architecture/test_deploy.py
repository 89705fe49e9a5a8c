"""The files for a server name commands, settings and pages that exist, and keep the locks that SECURITY.md asks for."""

import re
import shutil
import subprocess

import pytest

from marac.cli import cli
from marac.config import PREFIX, Settings
from tests.architecture.tree import ROOT

DEPLOY = ROOT / "marac" / "data" / "deploy"
UNITS = sorted(DEPLOY.glob("*.service"))
LOCKED = {
    "NoNewPrivileges": "yes", "ProtectSystem": "strict", "ProtectHome": "yes", "PrivateTmp": "yes", "LimitCORE": "0",
    "PrivateDevices": "yes", "ProtectKernelTunables": "yes", "RestrictSUIDSGID": "yes", "LockPersonality": "yes",
    "CapabilityBoundingSet": "", "MemorySwapMax": "0", "UMask": "0077", "User": "casework",
    "RestartPreventExitStatus": "2",
}  # fmt: skip


def words(name):
    return (DEPLOY / name).read_text("utf-8")


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_a_unit_runs_a_command_that_exists_and_may_do_nothing_else(unit):
    found = dict(line.split("=", 1) for line in unit.read_text("utf-8").splitlines() if re.match(r"[A-Z]\w+=", line))
    assert {name: found.get(name) for name in LOCKED} == LOCKED
    command, *options = found["ExecStart"].split()[1:]
    known = {option for one in cli.commands[command].params for option in one.opts}
    assert {option for option in options if option.startswith("--")} <= known
    if shutil.which("systemd-analyze"):
        asked = ["systemd-analyze", "security", "--offline=true", "--threshold=30", unit]
        done = subprocess.run(asked, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-600:] + done.stderr


def test_the_environment_file_names_settings_and_holds_no_secret():
    lines = [line for line in words("casework.env").splitlines() if line and not line.startswith("#")]
    given = dict(line.split("=", 1) for line in lines)
    assert set(given) <= {PREFIX + name.upper() for name in Settings.model_fields}
    settings = Settings(**{name.removeprefix(PREFIX).lower(): value for name, value in given.items() if value})
    assert settings.trusted_proxies == 1
    assert not [value for value in given.values() if re.search(r"//[^/@]*:[^/@]*@", value)]


def test_the_proxy_ends_tls_passes_one_word_of_ours_and_keeps_figures_in_the_house():
    text = words("nginx.conf")
    assert "ssl_protocols TLSv1.2 TLSv1.3;" in text
    assert "X-Forwarded-For $proxy_add_x_forwarded_for;" in text
    assert "X-Forwarded-Proto $scheme;" in text
    assert re.search(r"location = /metrics \{\s*return 404;", text)
    assert re.findall(r"access_log (\w+);", text) == ["off", "off"], "addresses hold references"
    assert text.count("{") == text.count("}")


def test_the_container_runs_as_nobody_special_what_the_command_line_knows():
    text = words("Containerfile")
    assert re.search(r"^USER 10001$", text, re.MULTILINE)
    assert "--require-hashes" in text
    assert 'CMD ["serve"' in text
    assert "/healthz/alive" in text
