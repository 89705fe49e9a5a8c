"""How the pages are served: by gunicorn's processes where it is installed, by waitress's threads where it is not.

Refuses to begin half-configured, and to believe a forwarded header that the settings do not name a proxy for.
"""

import gc
import logging
import os
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pkgutil import resolve_name
from typing import Any, Final

from marac import logs
from marac.config import refuse_to_serve
from marac.services.keeping import memory
from marac.services.keeping.deployment import Deployment

log = logging.getLogger(__name__)

APPLICATION: Final = "marac.app:create_app"  # by its name, as servers do: no door imports the roof
FINISH_WITHIN: Final = 30  # seconds for the requests under way when asked to stop
HUNG_AFTER: Final = 120  # seconds; a pack for forty cases takes less


class Pages:
    """What gunicorn's arbiter asks of an application: its settings and how to call it."""

    def __init__(self, app: Any, cfg: Any) -> None:
        self.app, self.cfg = app, cfg

    def wsgi(self) -> Any:
        """The application, made before the processes part, so that they share its memory."""
        return self.app

    def reload(self) -> None:
        """New settings need a restart."""


def serve(house: Deployment, host: str, port: int, workers: int | None) -> None:
    """Serve until asked to stop (SIGTERM): requests under way are finished first, under gunicorn."""
    refuse_to_serve(house.settings, host, dict(os.environ))
    memory.keep_private()
    logs.set_up(house.settings.log_level)
    serve_with = _by_processes if find_spec("gunicorn") else by_threads
    serve_with(house, host, port, workers or most_fitting())


def most_fitting() -> int:
    """Processes for this machine: one more than it has processors, so that one may wait for the disk."""
    return len(os.sched_getaffinity(0)) + 1


def by_threads(house: Deployment, host: str, port: int, _workers: int = 1) -> None:
    """One process of eight threads: for the demo, and for a machine without gunicorn."""
    app = resolve_name(APPLICATION)(house)
    believed = not house.settings.trusted_proxies
    log.info("serving", extra={"workers": 1})
    resolve_name("waitress:serve")(
        app, host=host, port=port, threads=8, ident=None, clear_untrusted_proxy_headers=believed
    )


def _by_processes(house: Deployment, host: str, port: int, workers: int) -> None:
    cfg = resolve_name("gunicorn.config:Config")()
    for name, setting in _settings(house, f"[{host}]:{port}" if ":" in host else f"{host}:{port}", workers).items():
        cfg.set(name, setting)
    app = resolve_name(APPLICATION)(house)
    house.close()  # no connection is shared by processes: each opens its own
    gc.collect()
    gc.freeze()  # what is there before the processes part stays shared
    resolve_name("gunicorn.arbiter:Arbiter")(Pages(app, cfg)).run()


def _settings(house: Deployment, bind: str, workers: int) -> dict[str, Any]:
    return {
        "bind": bind, "workers": workers, "worker_class": "sync", "preload_app": True, "proc_name": "marac",
        "graceful_timeout": FINISH_WITHIN, "timeout": HUNG_AFTER, "worker_tmp_dir": _shared_memory(),
        "control_socket_disable": True, "forwarded_allow_ips": "", "secure_scheme_headers": {},
        "forwarder_headers": "", "logconfig_dict": logs.configuration(house.settings.log_level),
        "max_requests": 20_000, "max_requests_jitter": 2_000,
        "post_fork": _began, "when_ready": _ready, "worker_exit": _ended(house),
    }  # fmt: skip


def _shared_memory() -> str | None:
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 - a beating heart, not a file


def _began(_arbiter: Any, _worker: Any) -> None:
    memory.end_with_parent()


def _ready(arbiter: Any) -> None:
    log.info("serving", extra={"workers": arbiter.cfg.workers})


def _ended(house: Deployment) -> Callable[[Any, Any], None]:
    def ended(_arbiter: Any, worker: Any) -> None:
        house.close()  # writes down how often its keys have sealed
        sys.stderr.flush()
        if worker.booted:
            os._exit(0)  # taking a forked interpreter down piece by piece takes seconds, and serves nobody

    return ended
