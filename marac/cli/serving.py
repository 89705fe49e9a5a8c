"""Commands that set up, load the demo, serve, work and check. Prints demo sign-ins, and no other personal value."""

import shutil
import sys
from contextlib import closing
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

import click
from rich.console import Console
from rich.progress import Progress

from marac import clock, logs
from marac.access import Actor
from marac.cli import servers
from marac.cli.speaking import as_json, cli, opened, say
from marac.config import load_settings
from marac.errors import ConfigurationError
from marac.reports import sanctuary
from marac.services import demo
from marac.services.keeping import health, memory
from marac.services.keeping.deployment import Deployment, open_deployment, set_up, unit_of_work
from marac.vocabulary import Role


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
        memory.keep_private()
        click.echo(f"Open http://127.0.0.1:{port}", err=True)
        servers.by_threads(house, "127.0.0.1", port)


@demo_.command("load")
@click.option("--scale", default="year", type=click.Choice(["month", "year", "decade"]))
@click.option("--seed", default=1)
@as_json
def demo_load(scale: str, seed: int, json_: bool) -> None:
    """Fill the database with a synthetic partnership."""
    with closing(set_up(load_settings())) as house:
        if demo.is_loaded(house):
            raise ConfigurationError("The demo is loaded already. Start with an empty MARAC_DATA folder.")
        say(_load(house, scale, seed), json_)


@demo_.command("accounts")
@as_json
def demo_accounts(json_: bool) -> None:
    """Sign-ins of the demo partnership (demo data only)."""
    with opened() as house:
        say(demo.accounts(house), json_)


@demo_.command("facts")
@click.option("--figures", "only_figures", is_flag=True, help="Only what is counted, no values.")
@as_json
def demo_facts(only_figures: bool, json_: bool) -> None:
    """What is counted in the demo's records, and 200 personal values for leak tests (demo data only)."""
    with opened() as house:
        counted = {**demo.figures(house), **_figures(house)}
        if only_figures or not json_:
            say(counted, json_)
        if not only_figures:
            say(demo.facts(house), json_)


def _figures(house: Deployment) -> dict[str, int]:
    """The figures of 2022-23 that are computed from the records, as whoever reads reports would get them."""
    with unit_of_work(house) as session:
        partnership_id = demo.partnership_id(session)
        if partnership_id is None:
            return {}
        reader = Actor(partnership_id=partnership_id, role=Role.SERVICE_MANAGER)
        found = sanctuary.funnel(session, reader, first_on=demo.YEAR[0], today=clock.today())
        stages = {f"sanctuary_{one.key}_2022_23": one.number for one in found.stages}
        home = {"sanctuary_installed_in_year_2022_23": len(found.installed_in_year),
                "sanctuary_stayed_of_installed_2022_23": len(found.stayed_of_installed)}  # fmt: skip
        return {**stages, **home}


def _load(house: Deployment, scale: str, seed: int) -> dict[str, int]:
    with Progress(console=Console(stderr=True)) as progress:
        bar = progress.add_task("Loading the demo partnership", total=1.0)

        def show(done: int, of: int) -> None:
            progress.update(bar, completed=done / of)

        return demo.load(house, scale=scale, seed=seed, progress=show)


@cli.command()
@click.option("--host", default="127.0.0.1")
@click.option("--port", default=8000)
@click.option("--workers", type=click.IntRange(1, 64), default=None, help="Processes; processors and one unless told.")
def serve(host: str, port: int, workers: int | None) -> None:
    """Serve the application."""
    memory.keep_private()
    with opened() as house:
        servers.serve(house, host, port, workers)


@cli.command()
def worker() -> None:
    """Run the timetable: reminders, messages, flags to lift. Any number may run."""
    memory.keep_private()
    with opened() as house:
        logs.set_up(house.settings.log_level)
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
    say({"ok": ok, "checks": checks}, json_, plain)
    sys.exit(0 if ok else 1)


@cli.command()
@click.option("--quick", is_flag=True)
@click.option("--only", multiple=True)
@as_json
def bench(quick: bool, only: tuple[str, ...], json_: bool) -> None:
    """Ratios against rivals, measured in one run; exit 1 on a missed goal."""
    found = resolve_name("marac.bench:run")(quick=quick, only=only)
    say(found, json_, resolve_name("marac.bench:as_markdown")(found))
    sys.exit(0 if all(result["met"] for result in found["results"]) else 1)
