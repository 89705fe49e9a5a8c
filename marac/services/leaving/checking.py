"""The address check, asked before words leave (DA-4): which kinds of thing stand where, never what they say.

Refuses to let words go that hold one, unless the chair overrode exactly these words of this version of the document.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access, audit
from marac.access import Actor
from marac.errors import RuleBroken
from marac.models import AddressOverride, Case
from marac.services.leaving import needles
from marac.vocabulary import LeavingAs, SecretKind
from marac.workflows import address_check

Texts = Mapping[str, str]
"""Where words stand, as a page names the place -> the words."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A kind of secret in one of the texts, from `start` to `end` of it. Holds no value."""

    where: str
    kind: SecretKind
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One version of one document on its way out."""

    leaving_as: LeavingAs
    subject_id: UUID
    number: int = 1


class AddressSaid(RuleBroken):
    """Words hold what says where somebody is. The message names kinds and places, and no value."""

    def __init__(self, findings: Collection[Finding], *, field: str = "words") -> None:
        super().__init__(field, f"{in_words(findings)}. Take it out: it is shown only with a reason")
        self.findings = tuple(findings)


def check(session: Session, actor: Actor, case: Case, texts: Texts) -> tuple[Finding, ...]:
    """What the texts hold of the secrets of everybody in a case. The caller has opened what it passes."""
    return check_cases(session, case.partnership_id, {case.id: texts})[case.id]


def check_cases(session: Session, partnership_id: UUID, texts: Mapping[UUID, Texts]) -> dict[UUID, tuple[Finding, ...]]:
    """The same for many cases at once, in a handful of queries."""
    sought = needles.secrets_of(session, partnership_id, texts)
    return {
        case_id: tuple(
            Finding(where, span.kind, span.start, span.end)
            for where, words in said.items()
            for span in address_check.find(sought.get(case_id, ()), words or "")
        )
        for case_id, said in texts.items()
    }


def left_to_stop(
    session: Session, partnership_id: UUID, outgoing: Outgoing | None, texts: Mapping[UUID, Texts]
) -> dict[UUID, tuple[Finding, ...]]:
    """Of cases with a find that nobody overrode, the finds."""
    allowed = allowances(session, partnership_id, outgoing, texts) if outgoing else frozenset()
    found = check_cases(session, partnership_id, texts)
    stopping = {
        case_id: tuple(one for one in finds if mark(case_id, one, texts[case_id]) not in allowed)
        for case_id, finds in found.items()
    }
    return {case_id: finds for case_id, finds in stopping.items() if finds}


def require_clean(
    session: Session, actor: Actor, case: Case, texts: Texts, *, outgoing: Outgoing | None = None, field: str = "words"
) -> None:
    """AddressSaid, beside `field`, unless nothing stands in the texts or the chair overrode just these words."""
    require_all_clean(session, actor, case.partnership_id, {case.id: texts}, outgoing=outgoing, field=field)


def require_all_clean(
    session: Session, actor: Actor, partnership_id: UUID, texts: Mapping[UUID, Texts], *,
    outgoing: Outgoing | None = None, field: str = "words",
) -> None:  # fmt: skip
    """The same for the cases of one document; each stop is recorded with its kinds."""
    stopping = left_to_stop(session, partnership_id, outgoing, texts)
    for case_id, finds in stopping.items():
        kinds, leaving_as = sorted({one.kind for one in finds}), outgoing.leaving_as if outgoing else None
        audit.record(session, actor, "leaving:stopped", case_id=case_id, kinds=kinds, leaving_as=leaving_as)
    if stopping:
        raise AddressSaid([one for finds in stopping.values() for one in finds], field=field)


def allowances(session: Session, partnership_id: UUID, outgoing: Outgoing, case_ids: Iterable[UUID]) -> frozenset[str]:
    """Marks of what the chair let pass in this version of this document."""
    ids = list(case_ids)
    mine = (
        AddressOverride.leaving_as == outgoing.leaving_as, AddressOverride.subject_id == outgoing.subject_id,
        AddressOverride.number == outgoing.number, AddressOverride.case_id.in_(ids),
    )  # fmt: skip
    with access.apart():
        access.open_for("lint", partnership_id, ids)
        rows = session.scalars(select(AddressOverride).where(*mine)).all()
        return frozenset(one for row in rows for one in row.passages or ())


def mark(case_id: UUID, finding: Finding, texts: Texts) -> str:
    """Stands for one kind of find in one text as it reads now: another word, and it is another mark."""
    said = "\x1f".join((case_id.hex, finding.where, finding.kind, texts[finding.where]))
    return hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()


def in_words(findings: Collection[Finding]) -> str:
    """`A postcode and a phone number stand in "Current risk"`: kinds and places."""
    kinds = list(dict.fromkeys(one.kind.label for one in findings))
    wheres = list(dict.fromkeys(one.where for one in findings))
    listed = " and ".join(filter(None, (", ".join(kinds[:-1]), kinds[-1])))
    verb = "stands" if len(kinds) == 1 else "stand"
    named = f"“{wheres[0]}”" + (f" and {len(wheres) - 1} more" if len(wheres) > 1 else "")
    return f"{listed[:1].upper()}{listed[1:]} {verb} in {named}"


def clear(session: Session, partnership_id: UUID, case_ids: Iterable[UUID], written: Any) -> Any:
    """Anything built of texts, lists and named parts, without what the secrets of these cases would give away."""
    sought = needles.secrets_of(session, partnership_id, case_ids)
    secrets = tuple({secret for held in sought.values() for secret in held})

    def cleared(part: Any) -> Any:
        if isinstance(part, str):
            spans = address_check.find(secrets, part)
            return taken_out(part, [Finding("", one.kind, one.start, one.end) for one in spans])
        if isinstance(part, dict):
            return {name: cleared(value) for name, value in part.items()}
        return type(part)(cleared(one) for one in part) if isinstance(part, list | tuple) else part

    return cleared(written)


def taken_out(words: str, findings: Iterable[Finding]) -> str:
    """Words without what was found in them; in its place stands which kind of thing it was."""
    kept, last = "", 0
    for one in sorted(findings, key=lambda one: (one.start, -one.end)):
        if one.end > last:
            gap = f"{words[last : one.start]}({one.kind.label}, not shown)" if one.start >= last else ""
            kept, last = kept + gap, one.end
    return kept + words[last:]
