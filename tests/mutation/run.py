"""Mutation run: makes small wrong changes to access, crypto and audit, one by one, and counts those the tests notice.

A developer's tool; no test, and no part of CI. Works on a copy of this checkout and changes nothing here:

    .venv/bin/python tests/mutation/run.py --package crypto --sample 150 --seed 1 --work /tmp/mutation-crypto
    .venv/bin/python tests/mutation/run.py --package crypto --work /tmp/mutation-crypto --again   # survivors only

First every test below is run once, to learn which lines it touches and how long it takes. A mutant then meets only the
tests that touch its statement, the quickest first, until one fails or `--budget` seconds of tests have passed. The
modules are loaded once; for each mutant a forked process changes the one function. What runs on import is
tried in a fresh process. Survivors are judged in `survivors.md`, beside this file.
"""

import argparse
import contextlib
import gc
import importlib
import json
import os
import random
import shutil
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from types import CodeType, FrameType, FunctionType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
from tests.mutation.mutants import Mutant, mutated, sample  # noqa: E402

# Where access, crypto and audit are asked the most, at the least cost. Browser journeys and crash tests stay out.
TESTS = {
    "crypto": [
        *(f"tests/crypto/test_{name}.py" for name in (
            "format", "known_answers", "fields", "vault", "ways_round", "keyring", "rotation", "turnover", "db",
            "root_keys", "blind_index",
        )),
        "tests/services/test_escrow.py",
        "tests/attacks/test_audit_tampering.py",
    ],
    "access": [
        *(f"tests/services/test_{name}.py" for name in ("policy", "sanctuary_opening", "safe_contact")),
        *(f"tests/attacks/test_{name}.py" for name in (
            "walls", "the_other_side", "in_the_room", "masking", "trip_wire", "guests",
        )),
    ],
    "audit": [
        *(f"tests/services/test_{name}.py" for name in ("audit", "escalating", "users", "command_line")),
        "tests/web/test_trail.py",
        *(f"tests/attacks/test_{name}.py" for name in ("audit_tampering", "trail_or_nothing", "key_tampering")),
    ],
}  # fmt: skip
COPIED = ("marac", "migrations", "templates", "tests", "vendor", "pyproject.toml", "run.py", "README.md", "SECURITY.md")
PYTEST = [
    "-n0", "-x", "-q", "-s", "-p", "no:cacheprovider", "-o", "tmp_path_retention_policy=none",
    "-W", "ignore::pytest.PytestAssertRewriteWarning",
]  # fmt: skip
HOME = (  # asked first: what is written about these three; others pass through them on their way
    "tests/crypto/", "tests/services/test_policy", "tests/services/test_audit", "tests/attacks/test_audit",
    "tests/web/test_trail",
)  # fmt: skip
Prices = dict[str, dict[str, Any]]  # node id -> {"call": s, "setup": s, "lines": {path: [lines]}}
CALLS = 60  # of a function in one test are looked at line by line
CONTROLLED = 5  # of the tests that a mutant would meet, so many are first seen to pass with nothing changed
KILLED, SURVIVED, TIMED_OUT, UNTOUCHED, UNFIT = "killed", "survived", "timed out", "untouched", "unfit"


class Learning:
    """Plugin: runs every test once and notes its price and the lines of marac's three packages that it touches."""

    def __init__(self, watched: tuple[str, ...]) -> None:
        self.watched = watched
        self.prices: Prices = {}
        self.touched: set[tuple[str, int]] = set()
        self.known: dict[CodeType, bool] = {}
        self.calls: Counter[CodeType] = Counter()

    def _call(self, frame: FrameType, event: str, arg: Any) -> Any:
        code = frame.f_code
        if code not in self.known:
            self.known[code] = code.co_filename.startswith(self.watched)
        if not self.known[code]:
            return None
        self.calls[code] += 1
        return self._line if self.calls[code] < CALLS else None

    def _line(self, frame: FrameType, event: str, arg: Any) -> Any:
        self.touched.add((frame.f_code.co_filename, frame.f_lineno))
        return self._line

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> None:
        """What every test shares is no test's price."""
        _found_once({item.nodeid: item for item in session.items})
        session._setupstate.teardown_exact(session.items[0])

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self.touched.clear()
        self.calls.clear()
        threading.settrace(self._call)
        sys.settrace(self._call)
        try:
            return (yield)
        finally:
            sys.settrace(None)
            threading.settrace(None)  # type: ignore[arg-type]
            noted = self.prices.setdefault(item.nodeid, {"call": 0.0, "setup": 0.0, "failed": False})
            noted["lines"] = {}
            for path, line in sorted(self.touched):
                noted["lines"].setdefault(Path(path).relative_to(Path.cwd()).as_posix(), []).append(line)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        noted = self.prices.setdefault(report.nodeid, {"call": 0.0, "setup": 0.0, "failed": False})
        noted["call" if report.when == "call" else "setup"] += report.duration
        noted["failed"] |= report.failed or report.skipped


class Trying:
    """Plugin: collects the tests once, then forks for each mutant and runs those that touch it."""

    def __init__(
        self, todo: list[Mutant], prices: Prices, budget: float, note: Callable[[Mutant, str, str], None]
    ) -> None:
        self.todo, self.prices, self.budget, self.note = todo, prices, budget, note

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        items = {item.nodeid: item for item in session.items}
        _found_once(items)
        functions = _functions()
        gc.freeze()  # what the children share stays shared
        self._control(items, functions)
        for mutant in self.todo:
            chosen, price = choose(mutant, self.prices, self.budget)
            chosen = [node for node in chosen if node in items]
            if not chosen:
                self.note(mutant, UNTOUCHED, "")
                continue
            if not _changes(mutant):
                self.note(mutant, UNFIT, "")
                continue
            self.note(mutant, *forked(lambda m=mutant, c=chosen: _tried(m, [items[n] for n in c], functions), price))
        return True

    def _control(
        self, items: dict[str, pytest.Item], functions: dict[tuple[str, str, int], list[FunctionType]]
    ) -> None:
        """The first tests each mutant would meet, in such a process, with nothing changed; who fails is left out."""
        met = dict.fromkeys(
            node for mutant in self.todo for node in choose(mutant, self.prices, self.budget)[0][:CONTROLLED]
        )
        files: dict[str, list[str]] = {}
        for node in met:
            files.setdefault(node.partition("::")[0], []).append(node)
        for named in files.values():
            nodes = [node for node in named if node in items]
            while nodes:
                said = forked(lambda n=nodes: _tried(None, [items[node] for node in n], functions), 300)
                if said[0] == SURVIVED:
                    break
                sys.stderr.write(f"NOT USED {said}\n")
                if said[1] not in nodes:
                    raise RuntimeError(f"{nodes} end as {said} with nothing changed.")
                self.prices[said[1]]["failed"] = True
                nodes = nodes[nodes.index(said[1]) + 1 :]


class Listening:
    """Plugin: whether the test under way failed."""

    def __init__(self) -> None:
        self.failed = False

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.failed |= report.failed


def _found_once(items: dict[str, pytest.Item]) -> None:
    """Run one quick test that needs the founded partnership, so that every forked process finds it made."""
    needing = [
        item
        for item in items.values()
        if "founded" in getattr(item, "fixturenames", ()) and "scene" not in item.fixturenames
    ]
    if needing:
        item = min(needing, key=lambda one: len(one.fixturenames))
        other = next(one for one in items.values() if one.parent is not item.parent)
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=other)


def _functions() -> dict[tuple[str, str, int], list[FunctionType]]:
    found: dict[tuple[str, str, int], list[FunctionType]] = {}
    for held in gc.get_objects():
        if isinstance(held, FunctionType):
            code = held.__code__
            found.setdefault((code.co_filename, code.co_qualname, code.co_firstlineno), []).append(held)
    return found


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _codes(inner)


def _changes(mutant: Mutant) -> bool:
    """Whether the change alters what is compiled at all."""
    path = str(Path.cwd() / mutant.path)
    return compile(mutated(Path.cwd(), mutant), path, "exec") != compile(Path(path).read_text("utf-8"), path, "exec")


def _change(mutant: Mutant, functions: dict[tuple[str, str, int], list[FunctionType]]) -> None:
    path = str(Path.cwd() / mutant.path)
    name, _ = mutant.function or ("", 0)
    for code in _codes(compile(mutated(Path.cwd(), mutant), path, "exec")):
        inside = code.co_qualname == name or code.co_qualname.startswith(f"{name}.<locals>.")
        for function in functions.get((path, code.co_qualname, code.co_firstlineno), []) if inside else []:
            function.__code__ = code


def _tried(
    mutant: Mutant | None, items: list[pytest.Item], functions: dict[tuple[str, str, int], list[FunctionType]]
) -> str:
    """In the forked process: change the function, run the tests; the test that failed, or nothing."""
    if mutant:
        _change(mutant, functions)
    items[0].session._setupstate.teardown_exact(items[0])  # folders that another test has entered are left
    for place, item in enumerate(items):
        after = items[place + 1] if place + 1 < len(items) else None
        item.config.pluginmanager.register(listening := Listening())
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=after)
        item.config.pluginmanager.unregister(listening)
        if listening.failed:
            return item.nodeid
    return ""


def forked(work: Callable[[], str], price: float) -> tuple[str, str]:
    """(outcome, the test that killed it) of work in a process of its own, ended when it takes far too long."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.setpgid(0, 0)
        signal.alarm(int(30 + 5 * price))
        try:
            os.write(writing, (work() or "-").encode())
        except BaseException as stopped:  # noqa: BLE001 - whatever ends it is a death
            os.write(writing, f"{type(stopped).__name__}".encode())
        os._exit(0)
    os.close(writing)
    _, status = os.waitpid(child, 0)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child, signal.SIGKILL)  # servers that its tests had begun
    with os.fdopen(reading) as pipe:
        os.set_blocking(reading, False)
        said = pipe.read() or ""
    if os.WIFSIGNALED(status):
        return (TIMED_OUT, "") if os.WTERMSIG(status) == signal.SIGALRM else (KILLED, f"signal {os.WTERMSIG(status)}")
    return (SURVIVED, "") if said == "-" else (KILLED, said)


def choose(mutant: Mutant, prices: Prices, budget: float) -> tuple[list[str], float]:
    """The tests to try, cheapest first, a file's together once it is begun, and what they will take in seconds."""
    lines = set(range(mutant.line, mutant.last_line + 1))

    def touches(noted: dict[str, Any]) -> bool:
        return mutant.path in noted["lines"] and (not mutant.function or bool(lines & set(noted["lines"][mutant.path])))

    touching = {node: noted for node, noted in prices.items() if not noted["failed"] and touches(noted)}
    entry: dict[str, float] = {}  # what a file's shared scene costs: the dearest setup of any of its tests
    for node, noted in prices.items():
        file = node.partition("::")[0]
        entry[file] = max(entry.get(file, 0.0), noted["setup"])
    dearest = {node: noted["call"] + entry[node.partition("::")[0]] for node, noted in touching.items()}
    chosen: dict[str, list[str]] = {}
    spent = 0.0
    for node in sorted(touching, key=lambda one: (not one.startswith(HOME), dearest[one])):
        file = node.partition("::")[0]
        price = touching[node]["call"] + (touching[node]["setup"] if file in chosen else entry[file])
        if spent and spent + price > budget:
            continue
        spent += price
        chosen.setdefault(file, []).append(node)
    return [node for nodes in chosen.values() for node in nodes], spent


def _preload() -> None:
    """Import what the application imports, without the application: a fresh process is then two seconds quicker."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        try:
            for name in ("marac.app", "marac.cli", "tests.conftest"):
                importlib.import_module(name)
            with os.fdopen(writing, "w") as pipe:
                pipe.write("\n".join(sys.modules))
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        names = pipe.read().split()
    os.waitpid(child, 0)
    for name in names:
        if name.partition(".")[0] not in ("marac", "tests", "__main__", "conftest"):
            with contextlib.suppress(Exception):
                importlib.import_module(name)


def _quiet(log: Path) -> None:
    target = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(target, 1)
    os.dup2(target, 2)


def _pytest(work: Path, nodes: list[str], *plugins: object) -> int:
    _quiet(work / "pytest.log")
    base = Path("/dev/shm" if Path("/dev/shm").is_dir() else work) / f"mutation-{os.getpid()}"
    try:
        return int(pytest.main([*PYTEST, f"--basetemp={base}", *nodes], plugins=list(plugins)))
    finally:
        shutil.rmtree(base, ignore_errors=True)


def learn(work: Path, nodes: list[str]) -> Prices:
    """Run the tests once in a process of their own; what they cost and touch, kept in the work folder."""

    def run() -> str:
        plugin = Learning(tuple(str(Path.cwd() / "marac" / one) + os.sep for one in TESTS))
        _pytest(work, [*nodes, "--maxfail=100"], plugin)
        (work / "prices.json").write_text(json.dumps(plugin.prices))
        return ""

    known: Prices = json.loads((work / "prices.json").read_text()) if (work / "prices.json").exists() else {}
    forked(run, 3600)
    learned: Prices = json.loads((work / "prices.json").read_text())
    (work / "prices.json").write_text(json.dumps(known | learned))
    for node, noted in learned.items():
        if noted["failed"]:
            sys.stdout.write(f"  not used, since it fails or is skipped unmutated: {node}\n")
    return known | learned


def try_on_import(work: Path, mutant: Mutant, prices: Prices, budget: float) -> tuple[str, str]:
    """A mutant of what runs on import: written to the copy, tried in a fresh process, taken back."""
    chosen, price = choose(mutant, prices, budget)
    path = Path.cwd() / mutant.path
    whole = path.read_text("utf-8")

    def run() -> str:
        return "fresh process" if _pytest(work, chosen) else ""

    path.write_text(ast_text(mutant), "utf-8")
    try:
        return forked(run, price + 20) if chosen else (UNTOUCHED, "")
    finally:
        path.write_text(whole, "utf-8")


def ast_text(mutant: Mutant) -> str:
    """The changed file as text."""
    return importlib.import_module("ast").unparse(mutated(Path.cwd(), mutant))


def main() -> None:
    """Copy, learn, try, count."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--package", choices=TESTS, required=True)
    asked.add_argument("--sample", type=int, default=150)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--budget", type=float, default=30.0, help="seconds of tests a mutant may meet")
    asked.add_argument("--work", type=Path, required=True, help="folder for the copy, the log and the results")
    asked.add_argument(
        "--again", action="store_true", help="try the survivors of the last run again, with today's tests"
    )
    asked.add_argument("--learn", nargs="*", default=[], help="with --again: test files to learn anew")
    given = asked.parse_args()
    work = given.work.resolve()
    copy = work / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    copy.mkdir(parents=True)
    for name in COPIED:
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, copy / name)
    sys.path[:] = [str(copy), *(entry for entry in sys.path if entry != str(ROOT))]
    os.environ |= {"PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    sys.dont_write_bytecode = True
    os.chdir(copy)
    _preload()
    prices_file, results_file = work / "prices.json", work / "results.json"
    if given.learn or not prices_file.exists():
        prices = learn(work, given.learn or TESTS[given.package])
    else:
        prices = json.loads(prices_file.read_text())
    chosen = sample(copy, f"marac/{given.package}", given.sample, given.seed)
    results: dict[str, dict[str, Any]] = json.loads(results_file.read_text()) if given.again else {}
    todo = [one for one in chosen if results.get(str(one), {}).get("outcome") not in (KILLED, TIMED_OUT, UNFIT)]

    random.Random(given.seed).shuffle(todo)  # whatever is tried before it is stopped is a fair sample

    def note(mutant: Mutant, outcome: str, by: str) -> None:
        known = json.loads(results_file.read_text()) if results_file.exists() else {}
        results_file.write_text(
            json.dumps(known | {str(mutant): asdict(mutant) | {"outcome": outcome, "by": by}}, indent=1)
        )
        with (work / "run.log").open("a") as log:
            log.write(f"{time.strftime('%H:%M:%S')} {outcome:9} {mutant} [{by}]\n")

    results_file.write_text(json.dumps(results))
    inside = [mutant for mutant in todo if mutant.function]

    def run() -> str:
        _pytest(work, sorted({node.partition("::")[0] for node in prices}), Trying(inside, prices, given.budget, note))
        return ""

    forked(run, 7200)
    for mutant in todo:
        if not mutant.function:
            note(mutant, *try_on_import(work, mutant, prices, given.budget))
    results = json.loads(results_file.read_text())
    counts = {
        kind: sum(one["outcome"] == kind for one in results.values())
        for kind in (KILLED, TIMED_OUT, SURVIVED, UNTOUCHED, UNFIT)
    }
    sys.stdout.write(f"{given.package}: {len(results)} mutants of seed {given.seed}: {counts}\n")
    for said, one in sorted(results.items()):
        if one["outcome"] in (SURVIVED, UNTOUCHED):
            sys.stdout.write(f"  {one['outcome']}: {said}\n")


if __name__ == "__main__":
    main()
