"""`marac backup create|restore|drill` and `marac restore finalize`: JSON, counts and exit codes, never a value."""

import json

import pyrage
from click.testing import CliRunner

from marac.cli import cli
from tests.builders_panels import a_held_panel


def test_taken_drilled_put_back_and_finished(house, tmp_path, monkeypatch):
    a_held_panel(house, cases=1)
    identities = [pyrage.x25519.Identity.generate() for _ in range(2)]
    (tmp_path / "recipients").write_text(
        "\n".join(["# two offline keys", *(str(one.to_public()) for one in identities)])
    )
    (tmp_path / "identity").write_text(f"# secret\n{identities[1]}\n")
    monkeypatch.setenv("MARAC_DATA", str(house.settings.data))
    monkeypatch.setenv("MARAC_BASE_URL", "https://localhost")

    def said(*words, code=0):
        found = CliRunner().invoke(cli, [*words, "--json"], catch_exceptions=False)
        assert found.exit_code == code, found.output
        return json.loads(found.stdout)

    made = said("backup", "create", "--to", str(tmp_path / "kept"), "--recipients", str(tmp_path / "recipients"))
    files = ("--data", made["data"], "--keys", made["keys"], "--identity", str(tmp_path / "identity"))
    drilled = said("backup", "drill", *files)
    assert {"ok", "rows_opened", "audit_ok", "seconds"} <= set(drilled)
    assert (drilled["ok"], drilled["audit_ok"], drilled["rows_opened"] > 10) == (True, True, True)
    root = house.settings.data.with_name("data-root")
    (tmp_path / "new").mkdir()
    root.rename(tmp_path / "new" / "data-root")
    monkeypatch.setenv("MARAC_DATA", str(tmp_path / "new" / "data"))
    restored = said("backup", "restore", *files)
    assert set(restored) == {"made_at", "schema"}
    checks = {one["name"]: one for one in said("doctor", code=1)["checks"]}
    assert not checks["restore gate"]["ok"]
    finished = said("restore", "finalize", "--ledger", made["ledger"])
    assert finished == {
        "ok": True, "erased": 0, "suspended": 0, "walled": 0, "entries_lost": 0, "cases_without_key": [],
    }  # fmt: skip
    checks = {one["name"]: one for one in said("doctor", code=1)["checks"]}
    assert (checks["restore gate"]["ok"], checks["backup"]["ok"], checks["restore drill"]["ok"]) == (True, True, False)
    assert said("audit", "verify")["ok"]
