"""WHAT HAPPENED: the trail. `from marac import audit; audit.record(session, actor, "noun:verb", thing, **keys)`.

Entries (what may be written), chain (how it hangs together), rows (what a write left behind), checkpoints (what others
hold of it), reading (whether all of that is still so).
"""

from marac.audit import checkpoints
from marac.audit.chain import KEEP_EVERY, append, baseline, entry_hash, finish, keep_heads, pending, record_rows
from marac.audit.deciding import DECIDES
from marac.audit.entries import TAGS, CameFrom, Queued, coming_from, network_of, record
from marac.audit.reading import Verdict, Witness, verify
from marac.audit.rows import BrokenRow, baselined_at, broken_rows, inventory, watch

__all__ = [
    "DECIDES",
    "KEEP_EVERY",
    "TAGS",
    "BrokenRow",
    "CameFrom",
    "Queued",
    "Verdict",
    "Witness",
    "append",
    "baseline",
    "baselined_at",
    "broken_rows",
    "checkpoints",
    "coming_from",
    "entry_hash",
    "finish",
    "inventory",
    "keep_heads",
    "network_of",
    "pending",
    "record",
    "record_rows",
    "verify",
    "watch",
]
