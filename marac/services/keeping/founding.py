"""Founding a partnership: its programmes, agencies and dated local rules, from data. Holds no local value itself."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import yaml
from sqlalchemy.orm import Session

from marac import access, audit
from marac.crypto.keyring import Keyring
from marac.models import Agency, Partnership, Programme, Setting
from marac.paths import PACKAGE
from marac.vocabulary import ProgrammeSlug
from marac.workflows import membership
from marac.workflows.local_rules import LocalRule, read_block, shipped_rules

DATA = PACKAGE / "data"


@cache
def reference(name: str) -> Mapping[str, Any]:
    """One shipped reference file by name, for example `panels`."""
    text = Path(DATA, f"{name}.yaml").read_text("utf-8")
    return yaml.safe_load(text)  # type: ignore[no-any-return]


def found_partnership(
    session: Session, keyring: Keyring, *, slug: str, name: str, is_demo: bool = False, rules_from: date | None = None,
    passkeys_required: bool | None = None,
) -> Partnership:  # fmt: skip
    """Make a partnership with its keys, programmes, agencies and settings. Raises on a slug that is taken.

    `rules_from` dates the shipped rules earlier than they are, for a partnership that brings its history.
    `passkeys_required` says whether roles with wide sight need a passkey; as shipped, everywhere but in a demo.
    """
    partnership = Partnership(slug=slug, name=name, is_demo=is_demo)
    keyring.create_partnership(partnership.id)
    session.add(partnership)
    session.flush()
    panels = reference("panels")
    for block in (*panels["panels"], *panels["schemes"]):
        programme = ProgrammeSlug(block["slug"])
        session.add(
            Programme(
                partnership_id=partnership.id, slug=programme, name=block["name"], neutral_name=block["neutral_name"]
            )
        )
        session.add_all(
            _setting(partnership.id, programme, replace(rule, effective_from=rules_from or rule.effective_from))
            for rule in shipped_rules(programme)
        )
    session.add_all(_setting(partnership.id, None, rule) for rule in membership.shipped())
    session.add_all(_agency(partnership.id, row) for row in reference("partnership")["agencies"])
    for rule in read_block({"accounts": panels["accounts"]}, date.fromisoformat(panels["effective_from"])):
        value = not is_demo if passkeys_required is None else passkeys_required
        session.add(_setting(partnership.id, None, replace(rule, value=value)))
    session.flush()
    audit.record(session, access.system(partnership.id), "partnership:founded", partnership)
    return partnership


def set_rule(session: Session, partnership_id: UUID, programme: ProgrammeSlug | None, rule: LocalRule) -> Setting:
    """A new dated version of one local rule; earlier versions stay as they were (DA-7)."""
    setting = _setting(partnership_id, programme, rule)
    session.add(setting)
    session.info.pop("local_rules", None)
    session.flush()
    return setting


def _setting(partnership_id: UUID, programme: ProgrammeSlug | None, rule: LocalRule) -> Setting:
    return Setting(
        partnership_id=partnership_id, programme=programme, key=rule.name, value=rule.value,
        effective_from=rule.effective_from, confirmed=rule.confirmed, basis=rule.basis, note=rule.note[:600],
    )  # fmt: skip


def _agency(partnership_id: UUID, row: Mapping[str, Any]) -> Agency:
    return Agency(
        partnership_id=partnership_id, slug=row["slug"], name=row["name"], kind=row["kind"], aliases=row["aliases"],
        functions=row["functions"], panels=row["panels"], case_access=row["case_access"],
        return_heading=row["safelives_source"], confirmed=row["confirmed"]["role"],
    )  # fmt: skip
