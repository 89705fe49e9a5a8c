"""The root key in other hands, and the drill that shows it could be brought back. Shows and logs no part of a key.

It writes only new files, keeps digests of them, and believes a recovered key once it opens this key store.
"""

import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marac import access, audit
from marac.config import Settings
from marac.crypto import escrow, turnover
from marac.crypto.keystore import keep_words, kept_words
from marac.crypto.root_keys import FileRoot
from marac.crypto.root_keys.file import read_root_file, write_root_file, write_root_text
from marac.crypto.root_keys.secret_file import read_secret
from marac.errors import ConfigurationError
from marac.models import AuditEntry, Partnership
from marac.services.keeping.deployment import Deployment, open_deployment, unit_of_work

MADE, CHECKED, BACK = "escrow:created", "escrow:verified", "escrow:recovered"
KEPT = "escrow:"  # before the number of a share, where its digest is kept
DIGITS = 16
ABOUT = """One of {of} shares of the root key (version {version}). Any {needed} make it again: keep it locked away from
the others. Twice a year its holder reads the digest out. Digest: {digest}

{words}
"""


def create(house: Deployment, folder: Path, recipients: Sequence[str]) -> dict[str, Any]:
    """Write the shares, or the sealed file, into a new folder; each file mode 0400. Earlier ones no longer count."""
    root = house.keyring.root
    if not isinstance(root, FileRoot):
        raise ConfigurationError(
            "Only a root key file is put in escrow. A passphrase is written down and locked away; a key service or"
            " a module keeps copies of its own."
        )
    version = root.newest()[1]
    if turnover.root_versions(house.keyring) - {version}:
        raise ConfigurationError(
            "The root key is being rotated. Run `marac keys rotate --level root` to the end first."
        )
    try:
        folder.mkdir(mode=0o700)
    except OSError:
        raise ConfigurationError("The folder is there already, or cannot be made. Name a new one with --to.") from None
    if recipients:
        files = {"root-key.age": escrow.seal_to(recipients, root.path.read_bytes())}
        digests = [escrow.digest_of(content) for content in files.values()]
    else:
        shares = escrow.shares_of(read_root_file(root.path)[version])
        digests = [escrow.digest_of(share) for share in shares]
        files = {f"share-{number}.txt": _sheet(share, version) for number, share in enumerate(shares, start=1)}
    for name, content in files.items():
        _write(folder / name, content)
    keep_words(house.keyring.writer, KEPT, digests)
    form = "file" if recipients else "shares"
    _record(house, MADE, form, len(files))
    return {"form": form, "files": sorted(files), "needed": 1 if recipients else escrow.NEEDED, "version": version}


def verify(house: Deployment, files: Sequence[Path], digests: Sequence[str]) -> dict[str, int]:
    """{whole, wrong, made}: how many are as they were made, by their digests. Nothing is recovered."""
    kept = kept_words(house.keyring.reader, KEPT)
    if not kept:
        raise ConfigurationError("Nothing is in escrow yet. Run `marac keys escrow create`.")
    said = [escrow.digest_of(_content(path)) for path in files]
    said += ["".join(one.lower().split()) for one in digests]
    known = {one for one in kept for word in said if len(word) >= DIGITS and one.startswith(word)}
    wrong = sum(not any(len(word) >= DIGITS and one.startswith(word) for one in kept) for word in said)
    if known and not wrong:
        _record(house, CHECKED, "file" if len(kept) == 1 else "shares", len(known))
    return {"whole": len(known), "wrong": wrong, "made": len(kept)}


def recover(
    settings: Settings, path: Path, files: Sequence[Path], identity: Path | None
) -> tuple[dict[str, Any], Deployment]:
    """A new root key file, proved on the key store, and the deployment run on it; a file that does not open it goes."""
    try:
        if identity is None:
            shares, versions = zip(*(_share(one) for one in files), strict=True)
            write_root_file(path, escrow.key_from(shares), max(versions))
        else:
            write_root_text(path, escrow.open_with(read_secret(identity), files[0].read_bytes()))
    except FileExistsError:
        raise ConfigurationError("That file is there already and stays. Name a new one with --to.") from None
    try:
        house = open_deployment(settings.model_copy(update={"root_key": f"file:{path.resolve()}"}))
        opened = turnover.prove_root(house.keyring)
    except ConfigurationError:
        path.unlink()
        raise
    form = "shares" if identity is None else "file"
    _record(house, BACK, form, len(files))
    return {"form": form, "keys_opened": opened, "works": True}, house


def last_drill(session: Session) -> tuple[datetime | None, datetime | None]:
    """When something was put in escrow, and when a drill last showed that it is there."""

    def last(*tags: str) -> datetime | None:
        return session.scalar(select(func.max(AuditEntry.at)).where(AuditEntry.tag.in_(tags)))

    return last(MADE), last(CHECKED, BACK)


def _sheet(share: str, version: int) -> bytes:
    facts = {"of": escrow.SHARES, "needed": escrow.NEEDED, "version": version, "digest": escrow.digest_of(share)}
    return ABOUT.format(**facts, words=share).encode()


def _share(path: Path) -> tuple[str, int]:
    """The words of a share's sheet, or of a file that holds nothing else, and the version it names."""
    text = path.read_text("utf-8")
    head, _, words = text.rpartition("\n\n")
    version = head.partition("(version ")[2].partition(")")[0]
    return words.strip(), int(version) if version.isdigit() else 1


def _content(path: Path) -> str | bytes:
    raw = path.read_bytes()
    return raw if raw.startswith(b"age-encryption.org/") else _share(path)[0]


def _write(path: Path, content: bytes) -> None:
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
    with os.fdopen(file, "wb") as opened:
        opened.write(content)


def _record(house: Deployment, tag: str, form: str, parts: int) -> None:
    """In the trail of every partnership: all hang on this key."""
    with unit_of_work(house) as session:
        for partnership_id in session.scalars(select(Partnership.id)).all():
            audit.record(session, access.system(partnership_id), tag, form=form, parts=parts)
