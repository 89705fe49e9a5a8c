"""The demo partnership itself: agencies, people who sign in, its weekly rules. Refuses to found it a second time."""

import base64
import hashlib
import hmac
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from marac import access, clock
from marac.crypto.keyring import Keyring
from marac.errors import RuleBroken
from marac.models import Agency, Case, Meeting, Membership, Partnership, Referral, Setting, User
from marac.services.accounts import passwords, signin
from marac.services.casework import references
from marac.services.demo.planning import Plan
from marac.services.demo.series import series_day
from marac.services.demo.tables import table
from marac.services.keeping.founding import found_partnership, set_rule
from marac.vocabulary import ProgrammeSlug, Role, UserState
from marac.workflows.local_rules import LocalRule, shipped_rules

DA = ProgrammeSlug.DA_MARAC
SLUG, NAME = "tower-hamlets-demo", "Tower Hamlets"
SEED_KEY = "demo.loaded"
FIRST_DAY = date(2021, 4, 1)
AGREED_ON = date(2025, 4, 2)
ANSWERING = (Role.REPRESENTATIVE, Role.IDVA, Role.COORDINATOR, Role.CHAIR, Role.REFERRER)


@dataclass(frozen=True, slots=True)
class Worker:
    """Somebody who signs in."""

    id: UUID
    agency_id: UUID
    role: Role
    full_name: str


@dataclass(slots=True)
class Borough:
    """The partnership as the writers of cases use it."""

    id: UUID
    agencies: dict[str, UUID]
    core: tuple[str, ...]
    workers: tuple[Worker, ...]
    references: set[str] = field(default_factory=set)
    _answering: dict[str, Worker | None] = field(default_factory=dict)

    def staffed(self, slug: str) -> Worker | None:
        """Who answers for an agency: its representative, else its IDVA, coordinator or chair."""
        if slug not in self._answering:
            found = [one for one in self.workers if one.agency_id == self.agencies[slug] and one.role in ANSWERING]
            self._answering[slug] = min(found, key=lambda one: ANSWERING.index(one.role), default=None)
        return self._answering[slug]

    def of_role(self, role: Role) -> list[Worker]:
        """Everybody in a role, in the order of the table."""
        return [one for one in self.workers if one.role == role]

    def of_agency(self, agency_id: UUID) -> Worker | None:
        """Who answers for an agency, by its id."""
        return next((self.staffed(slug) for slug, one in self.agencies.items() if one == agency_id), None)

    def actor(self, role: Role) -> access.Actor:
        """The first of a role, as they would work today, with their second factor confirmed."""
        one = self.of_role(role)[0]
        return access.Actor(self.id, role, one.id, one.agency_id, programmes=frozenset({DA}), stepped_up_at=clock.now())

    def new_reference(self) -> str:
        """A code nobody else in the deployment has."""
        while True:
            code = references.draw()
            if code not in self.references:
                self.references.add(code)
                return code


def found_borough(session: Session, keyring: Keyring, plan: Plan) -> Borough:
    """Found the demo partnership with everybody in it. RuleBroken when there is one already."""
    if session.scalar(select(Partnership.id).where(Partnership.slug == SLUG)):
        raise RuleBroken("demo", "The demo is already loaded here. Start with an empty data folder to load it again")
    partnership = found_partnership(session, keyring, slug=SLUG, name=NAME, is_demo=True)
    session.add_all(_weekly_rules(partnership.id, plan.today))
    mark = {"scale": plan.scale, "seed": plan.seed, "on": plan.today.isoformat()}
    set_rule(session, partnership.id, None, LocalRule(SEED_KEY, mark, True, "default", "", plan.today))
    rows = session.execute(
        select(Agency.id, Agency.slug, Agency.panels, Agency.functions).where(Agency.partnership_id == partnership.id)
    ).all()
    agencies = {row.slug: row.id for row in rows}
    core = tuple(row.slug for row in rows if row.panels.get(DA) == "core" and "researcher" in row.functions)
    access.open_staff_for("load", partnership.id)
    workers = tuple(employ(session, keyring, partnership.id, agencies, table("accounts")))
    session.flush()
    taken = {code for model in (Case, Referral, Meeting) for code in session.scalars(select(model.reference))}
    return Borough(partnership.id, agencies, tuple(sorted(core)), workers, taken)


# -- rules -------------------------------------------------------------------------------------------------------------


def _weekly_rules(partnership_id: UUID, today: date) -> Iterator[Setting]:
    """The shipped rules from before the first year, and the weekly preset in both years, agreed by this panel."""
    shipped = {rule.name: rule for rule in shipped_rules(DA)}
    preset = shipped["alternative_profiles.weekly"].value
    for rule in shipped.values():
        weekly = _weekly(rule, preset, today)
        yield _setting(partnership_id, replace(weekly or rule, effective_from=FIRST_DAY))
        if weekly:
            yield _setting(partnership_id, replace(weekly, effective_from=AGREED_ON))


def _weekly(rule: LocalRule, preset: dict[str, Any], today: date) -> LocalRule | None:
    """The rule as a weekly panel has it, or None where it is the same."""
    block, _, name = rule.name.partition(".")
    value: Any = None
    if rule.name == "recurrence":
        day = series_day(today)
        value = {**rule.value, "interval_weeks": 1, "weekday": f"{day:%a}"[:2].upper(), "anchor": day.isoformat()}
    elif rule.name in ("capacity.target_cases", "capacity.maximum_cases"):
        value = preset["capacity_target" if rule.name.endswith("target_cases") else "capacity_maximum"]
    elif block == "deadlines" and name in preset and rule.value.get("from") == "meeting":
        value = {**rule.value, "working_days": preset[name]}
        value |= {"time": preset["research_due_time"]} if name == "research_due" else {}
    elif rule.name == "deadlines.triage_decided":
        value = {"from": "meeting", "working_days": preset["triage_decided"], "time": rule.value["time"]}
    return None if value is None else replace(rule, value=value, confirmed=True, note="Agreed by the panel. Demo only.")


def _setting(partnership_id: UUID, rule: LocalRule) -> Setting:
    return Setting(
        partnership_id=partnership_id, programme=DA, key=rule.name, value=rule.value, confirmed=rule.confirmed,
        effective_from=rule.effective_from, basis=rule.basis, note=rule.note[:600],
    )  # fmt: skip


# -- people who sign in ------------------------------------------------------------------------------------------------


def email_of(full_name: str) -> str:
    """The address of somebody who works in the demo."""
    return full_name.lower().replace(" ", ".").replace("'", "") + "@example.org"


def password(keyring: Keyring) -> str:
    """The one password of every demo account: five words under the deployment key, so it differs in each deployment."""
    words = table("words")["password"]
    drawn = dict.fromkeys(words[byte % len(words)] for byte in _drawn(keyring, "password"))
    return " ".join(list(drawn)[:5])


def totp_secret(keyring: Keyring, email: str) -> str:
    """The secret of one account's code app."""
    return base64.b32encode(_drawn(keyring, f"code/{email}")[:20]).decode()


def _drawn(keyring: Keyring, label: str) -> bytes:
    return hmac.digest(keyring.deployment_secrets("demo-accounts")[-1], label.encode(), hashlib.sha256)


def employ(
    session: Session, keyring: Keyring, partnership_id: UUID, agencies: dict[str, UUID], rows: Iterable[dict[str, Any]]
) -> Iterator[Worker]:
    """An account for each row of a table: name, agency, role, programme."""
    kept = passwords.seal_password(password(keyring))
    now = clock.now()
    for row in rows:
        email = email_of(row["name"])
        user = User(
            partnership_id=partnership_id, state=UserState.ACTIVE, signin_token=signin.signin_token(keyring, email),
            password_hash=kept, last_totp_step=0, created_at=now, full_name=row["name"], email=email,
            totp_secret=totp_secret(keyring, email), confidentiality_agreed_at=now, trained_on=AGREED_ON,
            register_on=clock.today(),
        )  # fmt: skip
        role, agency_id = Role(row["role"]), agencies[row["agency"]]
        programme = ProgrammeSlug(row["programme"]) if "programme" in row else None
        session.add_all([
            user,
            Membership(
                partnership_id=partnership_id, user_id=user.id, agency_id=agency_id, role=role, programme=programme,
                from_on=FIRST_DAY,
            ),
        ])  # fmt: skip
        yield Worker(user.id, agency_id, role, row["name"])
