"""Verify an audit trail without the application that wrote it. Needs Python 3.11 and `cryptography`, nothing else.

    python verify_audit.py casework.db [--partnership HEX] [--checkpoints FOLDER] [--pubkey FILE] [--json]
    python verify_audit.py export.jsonl ...                          (lines of `marac audit export`)

Exit 0: whole. 2: tampered; the first bad entry and the kind (gap, order, edit, head, checkpoint) are printed. 3: cannot
tell. Without --pubkey the first checkpoint's own key is believed, which proves only that one hand signed them all.
"""

import argparse
import hashlib
import json
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

Entry = tuple[int, str, str]  # number, hash in hex, body
CONTEXT = b"marac-checkpoint-v1\x00"


class CannotTell(Exception):
    """There is nothing here to judge."""


def main() -> int:
    """Read the arguments, print the verdict, answer the exit status."""
    asked = _arguments()
    try:
        verdict = verify(asked.trail, asked.partnership, asked.checkpoints, asked.pubkey)
    except (CannotTell, OSError, sqlite3.Error, ValueError, KeyError) as problem:
        print(f"Cannot tell: {problem}", file=sys.stderr)
        return 3
    print(json.dumps(verdict) if asked.json else "\n".join(f"{name}: {value}" for name, value in verdict.items()))
    return 0 if verdict["ok"] else 2


def verify(trail: Path, partnership: str | None, folder: Path | None, pubkey: Path | None) -> dict[str, Any]:
    """Judge the trail of one partnership, or of each that is in it, up to the first that is broken."""
    total = 0
    for whose in [partnership] if partnership else partnerships(trail):
        said = checkpoints(trail, folder, whose)
        key = pubkey.read_text("utf-8").split()[0] if pubkey else (said[0]["key"] if said else "")
        found = judged(trail, whose, said, key)
        total += found["entries"]
        if not found["ok"]:
            return {**found, "entries": total, "partnership": whose}
    return {"entries": total, "ok": True, "first_bad": None, "kind": None}


def judged(trail: Path, whose: str, said: list[dict[str, Any]], key: str) -> dict[str, Any]:
    """Read one chain from its beginning beside what the checkpoints say of it."""
    foreign = first_foreign(said, key)
    good = [one for one in said if foreign is None or one["number"] < foreign["number"]]
    heads = {one["size"]: one["head"] for one in good}
    leaves = {
        number: leaf for one in good for number, leaf in enumerate(one["leaves"], one["size"] - len(one["leaves"]) + 1)
    }
    previous, count = bytes(32), 0
    for seq, digest, body in entries(trail, whose):
        count += 1
        kind = fault(seq, digest, body, count, previous)
        if kind is None and leaves.get(count) not in (None, hashlib.sha256(body.encode()).hexdigest()):
            kind = "checkpoint"
        if kind is None and heads.get(count, digest) != digest:
            kind = "checkpoint"
        if kind is not None:
            return bad(count, count, kind)
        previous = bytes.fromhex(digest)
    if count < max(heads, default=0):
        return bad(count, count + 1, "head")
    if head_of(trail, whose) not in (None, (count, previous.hex())):
        return bad(count, count, "head")
    if foreign is not None:
        return bad(count, foreign["size"], "checkpoint")
    return {"entries": count, "ok": True, "first_bad": None, "kind": None}


def bad(count: int, first: int, kind: str) -> dict[str, Any]:
    """The verdict on a broken chain."""
    return {"entries": count, "ok": False, "first_bad": first, "kind": kind}


def fault(seq: int, digest: str, body: str, count: int, previous: bytes) -> str | None:
    """What is wrong with one entry in its place, if anything is."""
    if seq != count:
        return "gap"
    leaf = hashlib.sha256(body.encode()).digest()
    made = hashlib.sha256(b"\x00marac-audit-v1" + seq.to_bytes(8, "big") + previous + leaf).hexdigest()
    if made == digest:
        return None
    try:
        return "edit" if json.loads(body)["seq"] == count else "order"
    except (ValueError, TypeError, KeyError):
        return "edit"


def first_foreign(said: list[dict[str, Any]], key: str) -> dict[str, Any] | None:
    """The first checkpoint that no trusted key signed; a trusted one may announce a new key."""
    known = {key}
    for one in said:
        unsigned = {name: value for name, value in one.items() if name != "signature"}
        message = CONTEXT + json.dumps(unsigned, sort_keys=True, separators=(",", ":")).encode()
        try:
            if one["key"] not in known:
                return one
            Ed25519PublicKey.from_public_bytes(bytes.fromhex(one["key"])).verify(
                bytes.fromhex(one["signature"]), message
            )
        except (InvalidSignature, ValueError):
            return one
        known |= {one["next_key"]} - {None}
    return None


def is_export(trail: Path) -> bool:
    """Whether this is lines of JSON and no database."""
    with trail.open("rb") as file:
        return file.read(16) != b"SQLite format 3\x00"


def connected(trail: Path) -> sqlite3.Connection:
    """The database, which is only read."""
    return sqlite3.connect(f"{trail.resolve().as_uri()}?mode=ro", uri=True)


def lines(trail: Path) -> Iterator[dict[str, Any]]:
    """The lines of an export."""
    with trail.open(encoding="utf-8") as file:
        for line in file:
            if line.strip():
                yield json.loads(line)


def partnerships(trail: Path) -> list[str]:
    """Whose chains are here."""
    if is_export(trail):
        found = {one["partnership"] for one in lines(trail)}
    else:
        found = {row[0] for row in connected(trail).execute("select distinct partnership_id from audit_head")}
        found |= {row[0] for row in connected(trail).execute("select distinct partnership_id from audit_entry")}
    if not found:
        raise CannotTell("there is no trail here")
    return sorted(found)


def entries(trail: Path, whose: str) -> Iterator[Entry]:
    """The entries of one chain, in their order."""
    if is_export(trail):
        yield from ((one["seq"], one["hash"], one["body"]) for one in lines(trail)
                    if "body" in one and one["partnership"] == whose)  # fmt: skip
        return
    query = "select seq, lower(hex(hash)), body from audit_entry where partnership_id = ? order by seq"
    yield from connected(trail).execute(query, (whose,))


def head_of(trail: Path, whose: str) -> tuple[int, str] | None:
    """Where the database says that the chain ends; an export does not say."""
    if is_export(trail):
        return None
    query = "select seq, lower(hex(hash)) from audit_head where partnership_id = ?"
    row = connected(trail).execute(query, (whose,)).fetchone()
    return (row[0], row[1]) if row else (0, bytes(32).hex())


def checkpoints(trail: Path, folder: Path | None, whose: str) -> list[dict[str, Any]]:
    """The checkpoints of one chain: of the folder that was named, else those that an export carries."""
    if folder is not None:
        return list(lines(folder / f"{whose}.jsonl"))
    return (
        [one for one in lines(trail) if "signature" in one and one["partnership"] == whose] if is_export(trail) else []
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Verify an audit trail without the application that wrote it.")
    parser.add_argument("trail", type=Path)
    parser.add_argument("--partnership")
    parser.add_argument("--checkpoints", type=Path)
    parser.add_argument("--pubkey", type=Path)
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
