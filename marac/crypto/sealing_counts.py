"""How often each key has sealed, gathered in the process and added to its row some hundreds at a time.

A process that is killed loses at most `AT_ONCE` of its count; the limit is 2^24. It never stops a request.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from threading import Lock

from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError

from marac.crypto.keystore import WRAPPED_KEY

AT_ONCE = 500
_K = WRAPPED_KEY.c


class SealCounts:
    """(kind, owner) -> seals that are not in the key store yet."""

    def __init__(self) -> None:
        self._waiting: Counter[tuple[str, bytes]] = Counter()
        self._alone = Lock()

    def add(self, counts: Iterable[tuple[str, bytes, int]]) -> bool:
        """Count seals of (kind, owner, number). True when it is time to write them down."""
        with self._alone:
            for kind, owner, seals in counts:
                self._waiting[kind, owner] += seals
            return self._waiting.total() >= AT_ONCE

    def write(self, writer: Engine) -> None:
        """Add what waits to the rows of the keys that seal. A key store that is busy is asked again next time."""
        with self._alone:
            counts, self._waiting = self._waiting, Counter()
        if not counts:
            return
        try:
            with writer.begin() as connection:
                for (kind, owner), seals in sorted(counts.items()):
                    mine = (_K.kind == kind) & (_K.owner == owner) & (_K.state == "seals")
                    connection.execute(WRAPPED_KEY.update().where(mine).values(seal_count=_K.seal_count + seals))
        except DBAPIError:
            self.add((kind, owner, seals) for (kind, owner), seals in counts.items())
