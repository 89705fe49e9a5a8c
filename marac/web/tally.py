"""How often each endpoint answered and how long it took, in memory that the processes of one server share.

Refuses labels that are not endpoints of the application; a process killed while it counts leaves no lock behind.
"""

import fcntl
import mmap
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import accumulate
from struct import Struct
from threading import Lock
from typing import Final

WITHIN: Final = (0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.5, 10.0)  # seconds
CLASSES: Final = ("2xx", "3xx", "4xx", "5xx")
_ROW: Final = Struct(f"{len(CLASSES)}Q{len(WITHIN) + 1}Qd")


class Tally:
    """One row for each endpoint: answers by class, answers by how long they took, seconds in all."""

    def __init__(self, endpoints: Iterable[str]) -> None:
        self._rows = {name: number for number, name in enumerate(sorted(set(endpoints)))}
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the server; a lock needs a file
        self._file.truncate(len(self._rows) * _ROW.size)
        self._memory = mmap.mmap(self._file.fileno(), len(self._rows) * _ROW.size)
        self._alone = Lock()

    def add(self, endpoint: str, status: int, seconds: float) -> None:
        """Count one answer; an endpoint that is not known counts as `unknown`."""
        at = self._rows.get(endpoint, self._rows["unknown"]) * _ROW.size
        kind = min(max(status // 100 - 2, 0), len(CLASSES) - 1)
        within = sum(seconds > most for most in WITHIN)
        with self._locked():
            row = list(_ROW.unpack_from(self._memory, at))
            row[kind] += 1
            row[len(CLASSES) + within] += 1
            row[-1] += seconds
            _ROW.pack_into(self._memory, at, *row)

    def lines(self) -> Iterator[str]:
        """Prometheus's text form, without endpoints that nobody asked for."""
        with self._locked():
            found = {name: _ROW.unpack_from(self._memory, at * _ROW.size) for name, at in self._rows.items()}
        asked = {name: row for name, row in found.items() if any(row[: len(CLASSES)])}
        yield "# TYPE marac_requests_total counter"
        for name, row in asked.items():
            for kind, number in zip(CLASSES, row, strict=False):
                if number:
                    yield f'marac_requests_total{{endpoint="{name}",status="{kind}"}} {number}'
        yield "# TYPE marac_request_seconds histogram"
        for name, row in asked.items():
            yield from _histogram(name, row[len(CLASSES) : -1], row[-1])

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Alone among threads, and among processes: the system lets go of a dead one's lock."""
        with self._alone:
            fcntl.lockf(self._file, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.lockf(self._file, fcntl.LOCK_UN)


def _histogram(name: str, counts: tuple[int, ...], seconds: float) -> Iterator[str]:
    for most, number in zip([*map(str, WITHIN), "+Inf"], accumulate(counts), strict=True):
        yield f'marac_request_seconds_bucket{{endpoint="{name}",le="{most}"}} {number}'
    yield f'marac_request_seconds_sum{{endpoint="{name}"}} {seconds:.6f}'
    yield f'marac_request_seconds_count{{endpoint="{name}"}} {sum(counts)}'
