"""What marks a Community MARAC case on lists and agendas: hate, cuckooing, vulnerability, as words (CM-18)."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac.crypto.fields import open_many, sealed_columns
from marac.models import Case

WORDS = {"hate": "Hate", "cuckooing": "Cuckooing", "vulnerable": "Vulnerable"}


def words_of(codes: Iterable[str] | None) -> tuple[str, ...]:
    """Each kind of mark once, in its order: `hate:race` and `hate:religion` are one Hate."""
    kinds = {code.partition(":")[0] for code in codes or ()}
    return tuple(word for kind, word in WORDS.items() if kind in kinds)


def marks_of(session: Session, opened: Mapping[UUID, frozenset[str]]) -> dict[UUID, tuple[str, ...]]:
    """The marks of the cases of a list, where the summary opened; one query for all."""
    ids = [case_id for case_id, opens in opened.items() if "summary" in opens]
    rows = session.execute(select(*sealed_columns(Case, "summary"), Case.id).where(Case.id.in_(ids))).all()
    told = open_many(Case, "summary", rows)
    return {row.id: words_of(one.get("marks")) for row, one in zip(rows, told, strict=True)}
