"""The `marac` command line: thin, one call into services each. JSON goes to standard output, all else to the other.

Exit 0 done, 1 the stated check failed, 2 wrong use. Prints a personal value only where that is a command's purpose.
"""

import json
import shutil
import sys
from collections.abc import Mapping
from contextlib import closing
from datetime import date, datetime
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

import click
from rich.console import Console
from rich.progress import Progress

from marac import access
from marac.config import load_settings
from marac.errors import ConfigurationError, Refusal, RuleBroken
from marac.services import demo, health, operating
from marac.services.deployment import Deployment, open_deployment, set_up
from marac.workflows import WORKFLOWS, checklists, deadlines, page
from marac.workflows.printing import markdown, rows

as_json = click.option("--json", "json_", is_flag=True, help="Answer in JSON.")


@click.group()
def cli() -> None:
    """Secure case workflow for the MARAC, the Community MARAC and the Sanctuary Scheme."""


def main() -> None:
    """Run a command; a refusal becomes one plain sentence on standard error and exit code 2."""
    try:
        cli(standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(2)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except RuleBroken as broken:
        _stop(broken.message)
    except (ConfigurationError, Refusal, LookupError) as error:
        _stop(str(error) or type(error).__name__)


def _stop(sentence: str) -> None:
    click.echo(sentence, err=True)
    sys.exit(2)


def _say(facts: Any, json_: bool, plain: str = "") -> None:
    click.echo(json.dumps(facts, default=str, ensure_ascii=False) if json_ else plain or _lines(facts))


def _lines(facts: Any) -> str:
    if isinstance(facts, Mapping):
        return "\n".join(f"{key}: {value}" for key, value in facts.items())
    return "\n".join("  ".join(str(cell) for cell in row.values()) for row in facts)


def _opened() -> Any:
    return closing(open_deployment(load_settings()))


# --- demo, serving and settings -----------------------------------------------------------------------------------


@cli.group("demo", invoke_without_command=True)
@click.option("--port", default=8000, help="Where to serve, on 127.0.0.1.")
@click.option("--data", type=click.Path(path_type=Path), default=None, help="Folder of the demo (default ./data).")
@click.option("--fresh", is_flag=True, help="Throw the demo's data away first.")
@click.option("--scale", default="year", type=click.Choice(["month", "year"]))
@click.pass_context
def demo_(context: click.Context, port: int, data: Path | None, fresh: bool, scale: str) -> None:
    """Set up the demo partnership and serve it on 127.0.0.1."""
    if context.invoked_subcommand is not None:
        return
    chosen: dict[str, Any] = {"base_url": f"http://127.0.0.1:{port}"} | ({"data": data} if data else {})
    settings = load_settings(**chosen)
    if fresh:
        shutil.rmtree(settings.data, ignore_errors=True)
    with closing(set_up(settings)) as house:
        if not demo.is_loaded(house):
            _load(house, scale, 1)
        for account in demo.accounts(house):
            click.echo(f"{account['role']:<28} {account['email']:<48} {account['totp_secret']}", err=True)
        click.echo("Passwords and codes: `marac demo accounts`, or the page /demo-accounts of this demo.", err=True)
        resolve_name("marac.jobs:start_in_process")(house)
        _serve(house, "127.0.0.1", port)


@demo_.command("load")
@click.option("--scale", default="year", type=click.Choice(["month", "year", "decade"]))
@click.option("--seed", default=1)
@as_json
def demo_load(scale: str, seed: int, json_: bool) -> None:
    """Fill the database with a synthetic partnership."""
    with closing(set_up(load_settings())) as house:
        if demo.is_loaded(house):
            raise ConfigurationError("The demo is loaded already. Start with an empty MARAC_DATA folder.")
        _say(_load(house, scale, seed), json_)


@demo_.command("accounts")
@as_json
def demo_accounts(json_: bool) -> None:
    """Sign-ins of the demo partnership (demo data only)."""
    with _opened() as house:
        _say(demo.accounts(house), json_)


@demo_.command("facts")
@as_json
def demo_facts(json_: bool) -> None:
    """200 personal values that the demo holds, for leak tests (demo data only)."""
    with _opened() as house:
        _say(demo.facts(house), json_)


def _load(house: Deployment, scale: str, seed: int) -> dict[str, int]:
    with Progress(console=Console(stderr=True)) as progress:
        bar = progress.add_task("Loading the demo partnership", total=1.0)

        def show(done: int, of: int) -> None:
            progress.update(bar, completed=done / of)

        return demo.load(house, scale=scale, seed=seed, progress=show)


@cli.command()
@click.option("--host", default="127.0.0.1")
@click.option("--port", default=8000)
def serve(host: str, port: int) -> None:
    """Serve the application."""
    with _opened() as house:
        _serve(house, host, port)


def _serve(house: Deployment, host: str, port: int) -> None:
    """Servers start the application by its name, as gunicorn does: no door imports the roof."""
    app = resolve_name("marac.app:create_app")(house)
    click.echo(f"Open http://{host}:{port}", err=True)
    resolve_name("waitress:serve")(app, host=host, port=port, threads=8, ident=None)


@cli.command()
def worker() -> None:
    """Run the timetable: reminders, messages, flags to lift. Any number may run."""
    with _opened() as house:
        resolve_name("marac.jobs:run_worker")(house)


@cli.group("db")
def db_() -> None:
    """The database."""


@db_.command("upgrade")
def db_upgrade() -> None:
    """Bring an empty or older database to the newest schema."""
    set_up(load_settings()).close()


@db_.command("check")
def db_check() -> None:
    """Exit 0 when the schema is the one this version knows."""
    open_deployment(load_settings()).close()


@cli.command()
@as_json
def doctor(json_: bool) -> None:
    """What is set, what is wrong. Never shows the value of a secret."""
    checks = health.checks()
    ok = all(check["ok"] for check in checks)
    plain = "\n".join(f"{'ok ' if check['ok'] else 'NO '} {check['name']}: {check['note']}" for check in checks)
    _say({"ok": ok, "checks": checks}, json_, plain)
    sys.exit(0 if ok else 1)


# --- the tables ---------------------------------------------------------------------------------------------------


@cli.group("workflows")
def workflows_() -> None:
    """Life-cycles."""


@workflows_.command("show")
@click.argument("name", required=False)
@as_json
def workflows_show(name: str | None, json_: bool) -> None:
    """Every life-cycle, or one, as a table and a diagram."""
    if name is not None and name not in WORKFLOWS:
        raise LookupError(f"No workflow is called that. Choose from: {', '.join(WORKFLOWS)}.")
    chosen = [WORKFLOWS[name]] if name else list(WORKFLOWS.values())
    _say(
        [row for flow in chosen for row in rows(flow)],
        json_,
        (markdown(WORKFLOWS[name]) if name else page()).rstrip("\n"),
    )


@cli.group("access")
def access_() -> None:
    """The policy."""


@access_.command("matrix")
@as_json
def access_matrix(json_: bool) -> None:
    """The whole policy: role, permission, relation."""
    _say(access.matrix(), json_)


@cli.group("calendar")
def calendar_() -> None:
    """Working days and deadlines."""


@calendar_.command("offset")
@click.option("--on", required=True)
@click.option("--rule", required=True)
@click.option("--closure", multiple=True)
@as_json
def calendar_offset(on: str, rule: str, closure: tuple[str, ...], json_: bool) -> None:
    """One date rule: D-8, D/next, M+12, M+1/next."""
    result = deadlines.offset(_date(on), rule, frozenset(_date(day) for day in closure))
    _say({"on": on, "rule": rule, "result": result.isoformat()}, json_, result.isoformat())


@calendar_.command("deadlines")
@click.option("--programme", default="da_marac")
@click.option("--on", required=True)
@as_json
def calendar_deadlines(programme: str, on: str, json_: bool) -> None:
    """Every derived date of a meeting, by the rules shipped for the programme."""
    found = operating.shipped_deadlines(programme, _date(on))
    _say({"meeting_on": on, "deadlines": found}, json_, _lines({name: due["at"] for name, due in found.items()}))


@cli.group("checklists")
def checklists_() -> None:
    """Risk tools."""


@checklists_.command("list")
@as_json
def checklists_list(json_: bool) -> None:
    """Every checklist and its version."""
    _say([{"id": c.id, "version": c.version, "name": c.name} for c in checklists.CHECKLISTS.values()], json_)


@checklists_.command("score")
@click.option("--checklist", required=True)
@click.option("--answers", required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@as_json
def checklists_score(checklist: str, answers: Path, json_: bool) -> None:
    """Score a file of answers: {"1": "yes", "2": "no", "3": "dont_know", …}."""
    try:
        given = json.loads(answers.read_text("utf-8"))
    except ValueError:
        raise RuleBroken("answers", "The file of answers is not JSON.") from None
    _say(checklists.score(checklists.current(checklist), given).as_json(), json_)


# --- accounts, agencies, keys, audit --------------------------------------------------------------------------------


@cli.group("users")
def users_() -> None:
    """Accounts."""


@users_.command("list")
@click.option("--partnership", default=None)
@as_json
def users_list(partnership: str | None, json_: bool) -> None:
    """Accounts by id, state, role and agency; no names."""
    with _opened() as house:
        _say(operating.list_users(house, partnership), json_)


@users_.command("invite")
@click.option("--email", required=True)
@click.option("--name", required=True)
@click.option("--role", required=True)
@click.option("--agency", required=True)
@click.option("--programme", default=None)
@click.option("--partnership", default=None)
def users_invite(**facts: Any) -> None:
    """Invite a person; prints the single-use path of the link."""
    with _opened() as house:
        click.echo(operating.invite(house, **facts))


@users_.command("suspend")
@click.argument("user_id", type=click.UUID)
@click.option("--partnership", default=None)
def users_suspend(user_id: Any, partnership: str | None) -> None:
    """Suspend an account; it bites on the person's next request."""
    with _opened() as house:
        operating.suspend(house, user_id, partnership)


@cli.group("agencies")
def agencies_() -> None:
    """Agencies."""


@agencies_.command("list")
@click.option("--partnership", default=None)
@as_json
def agencies_list(partnership: str | None, json_: bool) -> None:
    """Agencies with their panels and functions."""
    with _opened() as house:
        _say(operating.list_agencies(house, partnership), json_)


@cli.group("keys")
def keys_() -> None:
    """Keys."""


@keys_.command("status")
@as_json
def keys_status(json_: bool) -> None:
    """Counts of keys by level, generation and state."""
    with _opened() as house:
        _say([row._asdict() for row in house.keyring.key_status()], json_)


@keys_.command("rotate")
@click.option("--level", required=True, type=click.Choice(["root", "partnership", "case", "index"]))
@click.option("--partnership", default=None)
@click.option("--to", default=None, help="The new root, for --level root.")
@click.option("--dry-run", is_flag=True)
@as_json
def keys_rotate(level: str, partnership: str | None, to: str | None, dry_run: bool, json_: bool) -> None:
    """Rotate one level: online, resumable, counts only."""
    with _opened() as house:
        _say(operating.rotate(house, level, partnership, to=to, dry_run=dry_run), json_)


@cli.group("audit")
def audit_() -> None:
    """The audit trail."""


@audit_.command("verify")
@click.option("--partnership", default=None)
@as_json
def audit_verify(partnership: str | None, json_: bool) -> None:
    """Read every chain: exit 0 whole, 2 tampered (first bad sequence and kind), 3 cannot tell."""
    try:
        with _opened() as house:
            verdict = operating.verify_audit(house, partnership)
    except (ConfigurationError, Refusal) as error:
        click.echo(str(error), err=True)
        sys.exit(3)
    _say(verdict, json_)
    sys.exit(0 if verdict["ok"] else 2)


@cli.command()
@click.option("--quick", is_flag=True)
@click.option("--only", multiple=True)
@as_json
def bench(quick: bool, only: tuple[str, ...], json_: bool) -> None:
    """Ratios against rivals, measured in one run; exit 1 on a missed goal."""
    found = resolve_name("marac.bench:run")(quick=quick, only=only)
    _say(found, json_, resolve_name("marac.bench:as_markdown")(found))
    sys.exit(0 if all(result["met"] for result in found["results"]) else 1)


def _date(text: str) -> date:
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a calendar date has no zone
    except ValueError:
        raise RuleBroken("on", "Write the date as year-month-day, for example 2026-01-08.") from None


if __name__ == "__main__":
    main()
