#!/usr/bin/env python3
"""Set up and run with nothing but Python 3.11 or newer. Standard library only.

python3 run.py demo [--port 8000] [--data DIR] [--fresh]   demo partnership on http://127.0.0.1:8000
python3 run.py test [pytest arguments]                     the whole test suite
python3 run.py check                                       ruff, format, mypy, import contracts, templates
python3 run.py marac ...                                   any command of the `marac` command line
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = str(BIN / ("python.exe" if os.name == "nt" else "python"))
RUNNING, DEVELOPING = ROOT / "requirements.lock", ROOT / "requirements-dev.lock"
CHECKS = (
    "ruff check .",
    "ruff format --check .",
    "mypy",
    "lint-imports --no-logo",
    "djlint templates --lint --quiet",
)
# what pip writes (in any case) when something outside the project is missing -> the one line to say
REASONS = (
    ("no space left", "The disk is full. The project needs 1 GB of free space."),
    ("do not match the hashes", "A downloaded package is not the one the lock file names. Nothing was installed."),
    ("resolution", "The package registry cannot be reached. Check the network and try again."),
    ("connection", "The package registry cannot be reached. Check the network and try again."),
    ("no matching distribution", "The package registry has no ready-made package for this Python or machine."),
)


def fingerprint(*files):
    """Changes when a lock, the project or the place of the checkout does."""
    return hashlib.sha256(b"\0".join([str(ROOT).encode(), *(file.read_bytes() for file in files)])).hexdigest()


def is_stamped(name, stamp):
    file = VENV / name
    return Path(PYTHON).exists() and file.exists() and file.read_text() == stamp


def make_venv():
    if shutil.disk_usage(ROOT).free < 1_000_000_000:
        sys.exit("The disk is nearly full. The project needs 1 GB of free space.")
    try:
        import venv

        venv.create(VENV, with_pip=True, clear=True)
    except (ImportError, subprocess.CalledProcessError):
        sys.exit("Python cannot make a virtual environment here. On Debian or Ubuntu: apt install python3-venv")
    except OSError as error:
        sys.exit(f"Cannot write {VENV}: {error.strerror}")


def install(*what):
    command = [PYTHON, "-m", "pip", "install", "-qq", "--disable-pip-version-check", "--retries", "2", *what]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        log = VENV / "install.log"
        log.write_text(done.stdout)
        said = (line for sign, line in REASONS if sign in done.stdout.lower())
        sys.exit(f"{next(said, 'Installing the packages failed.')} pip's own words are in {log}")


def set_up(develop):
    """One .venv, two stamps: what running needs, and on top of it what tests and checks need."""
    stamps = ((".run-stamp", fingerprint(RUNNING, ROOT / "pyproject.toml")), (".dev-stamp", fingerprint(DEVELOPING)))
    if not is_stamped(*stamps[0]):
        print("Setting up .venv (first start only) ...", file=sys.stderr, flush=True)
        make_venv()
        install("--require-hashes", "--only-binary", ":all:", "-r", str(RUNNING))
        # hatchling and editables are in the lock, so nothing without a hash is fetched here
        install("--no-deps", "--no-build-isolation", "-e", str(ROOT))
        (VENV / stamps[0][0]).write_text(stamps[0][1])
    if develop and not is_stamped(*stamps[1]):
        print("Adding the test and check tools ...", file=sys.stderr, flush=True)
        install("--require-hashes", "--only-binary", ":all:", "-r", str(DEVELOPING))
        (VENV / stamps[1][0]).write_text(stamps[1][1])


def hand_over(*command):
    """Become that command, so that signals and the exit code are its own."""
    sys.stdout.flush()
    if os.name == "nt":
        sys.exit(subprocess.run(command, check=False).returncode)
    os.execv(command[0], command)  # noqa: S606 - no shell is wanted


def check():
    failed = []
    for line in CHECKS:
        tool, *arguments = line.split()
        print(f"== {line}", flush=True)
        if subprocess.run([str(BIN / tool), *arguments], cwd=ROOT, check=False).returncode:
            failed.append(line)
    sys.exit("Failed: " + ", ".join(failed) if failed else 0)


def main(what="", *rest):
    if sys.version_info < (3, 11):
        sys.exit("Python 3.11 or newer is needed; this is " + sys.version.split()[0])
    if what not in ("demo", "test", "check", "marac") or (what == "check" and rest):
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    set_up(develop=what in ("test", "check"))
    if what == "check":
        check()
    if what == "test":
        os.chdir(ROOT)
        hand_over(PYTHON, "-m", "pytest", *rest)
    hand_over(PYTHON, "-m", "marac.cli", *(["demo"] if what == "demo" else []), *rest)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit(130)
