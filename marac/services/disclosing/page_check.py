"""The address check of what is handed out: every page, recorded page by page. A page that holds one stops the answer.

Says which page and never which words. The chair alone may let it pass, with a reason.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.errors import RuleBroken
from marac.models import Case, Disclosure, IssuedDocument, PageCheck
from marac.services.leaving import checking


def find(session: Session, cases: Iterable[Case], pages: Mapping[int, str]) -> dict[int, int]:
    """How many values that could find somebody stand on each page."""
    found, texts = dict.fromkeys(pages, 0), {str(page): words for page, words in pages.items()}
    for case in cases:
        for one in checking.check_cases(session, case.partnership_id, {case.id: texts}).get(case.id, ()):
            found[int(one.where)] += 1
    return found


def require_clean(found: Mapping[int, int], *, override: str | None) -> None:
    """RuleBroken naming the pages, unless the chair has let it pass."""
    bad = [str(page) for page, number in found.items() if number]
    if bad and not override:
        where = f"page {bad[0]}" if len(bad) == 1 else f"pages {', '.join(bad)}"
        raise RuleBroken(
            "words", f"An address, a phone, a school or a place of work stands on {where}. Hide it, or cut it out"
        )


def record(
    session: Session, actor: Actor, entry: IssuedDocument, found: Mapping[int, int], *, overridden: bool
) -> None:  # fmt: skip
    """One row a page."""
    for page, number in found.items():
        session.add(
            PageCheck(
                partnership_id=entry.partnership_id, document_id=entry.id, page=page, found=number,
                overridden=overridden and number > 0, checked_at=clock.now(),
            )
        )  # fmt: skip
    keys: dict[str, Any] = {"pages": len(found), "found": sum(found.values()), "copy": entry.copy_number.lower()}
    audit.record(session, actor, "disclosure:page_checked", entry, **keys)


def let_pass(session: Session, actor: Actor, disclosure: Disclosure, *, because: str) -> None:
    """The chair lets a page pass: the person is dead, say, or the address was theirs alone and is left."""
    access.require_step_up(actor)
    if not because.strip():
        raise RuleBroken("because", "Say why it puts nobody at risk")
    disclosure.address_override = because.strip()
    audit.record(session, actor, "disclosure:overridden", disclosure, what="address")
