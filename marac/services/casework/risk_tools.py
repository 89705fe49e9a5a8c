"""Which risk tools a partnership has on a day and how it reads them; loading a tool or official wording from a file.

Shipped tools are files, loaded ones rows. A published version is never edited: the same one with other content is
refused. Opens no case.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marac import access, audit, clock
from marac.access import Actor
from marac.errors import RuleBroken
from marac.models import Assessment, Case, ChecklistDefinition, Referral
from marac.services import local
from marac.services.keeping.console import operator
from marac.services.keeping.deployment import Deployment, unit_of_work
from marac.vocabulary import Criterion, NeedTest, Permission as P, ProgrammeSlug
from marac.workflows import definition_files
from marac.workflows.checklists import (
    CHECKLISTS,
    SHIPPED,
    VISIBLE_HIGH_RISK,
    LocalReading,
    Score,
    bands_under,
    newest,
    score,
)
from marac.workflows.definitions import Band, Checklist, Threshold, build, canonical
from marac.workflows.local_rules import LocalRules, shipped_rules

FIRST, YOUNG, BANDS, TRIGGERS, EXTRA = (
    "risk_tools.offered_first", "risk_tools.young_people", "risk_tools.bands", "risk_tools.stand_alone_triggers",
    "criteria.extra",
)  # fmt: skip
HIGH = ("criteria.visible_high_risk", "criteria.need_tests.risk_matrix_high")


@dataclass(frozen=True, slots=True)
class ToolLine:
    """One version of one tool, as the list of tools shows it; `uses` counts assessments made with it here."""

    tool: Checklist
    source: str
    in_force: bool
    uses: int


def versions(session: Session, partnership_id: UUID) -> tuple[Checklist, ...]:
    """Every version of every tool this partnership has: the shipped ones, then its own. Read once in a unit of work."""
    held = session.info.setdefault("risk_tools", {})
    if partnership_id not in held:
        own = select(ChecklistDefinition.content).where(ChecklistDefinition.partnership_id == partnership_id)
        rows = session.scalars(own.order_by(ChecklistDefinition.loaded_at, ChecklistDefinition.id))
        held[partnership_id] = (*CHECKLISTS.values(), *map(_built, rows))
    found: tuple[Checklist, ...] = held[partnership_id]
    return found


@lru_cache(maxsize=256)
def _built(content: str) -> Checklist:
    return build(json.loads(content))


def tools_for(session: Session, partnership_id: UUID, programme: ProgrammeSlug, on: date) -> tuple[Checklist, ...]:
    """The tools of a programme in force on a date, the one it starts with first; further sets such as S-DASH last."""
    first = value_of(session, partnership_id, programme, FIRST, on)
    found = newest(versions(session, partnership_id), on).values()
    mine = [tool for tool in found if programme in tool.panels]
    return tuple(sorted(mine, key=lambda tool: (tool.is_screen, tool.id != first, tool.id == "other_tool", tool.name)))


def tool_in_force(
    session: Session, partnership_id: UUID, programme: ProgrammeSlug, checklist_id: str, on: date
) -> Checklist:
    """One tool of a programme by its id. RuleBroken("tool") for any that is not in force."""
    for tool in tools_for(session, partnership_id, programme, on):
        if tool.id == checklist_id:
            return tool
    raise RuleBroken("tool", "Choose a risk tool from the list")


def version_of(session: Session, assessment: Assessment) -> Checklist | None:
    """The version that an assessment was made with, whatever is in force now; None when this deployment lacks it."""
    wanted = (assessment.checklist, assessment.checklist_version)
    found = [one for one in versions(session, assessment.partnership_id) if (one.id, one.version) == wanted]
    return found[-1] if found else None


def suggested(
    session: Session, partnership_id: UUID, programme: ProgrammeSlug, age: int | None, on: date
) -> Checklist | None:
    """The tool made for the person's age, where the partnership has one: the young people's at 16 and 17."""
    rule = value_of(session, partnership_id, programme, YOUNG, on)
    if age is None or not isinstance(rule, Mapping) or not rule["from_age"] <= age <= rule["to_age"]:
        return None
    found = (tool for tool in tools_for(session, partnership_id, programme, on) if tool.id == rule["checklist"])
    return next(found, None)


def reading(session: Session, thing: Referral | Case, tool: Checklist, on: date) -> LocalReading:
    """How a partnership reads a tool on a day: its threshold, its bands, and red flags that suffice alone (DA-7)."""
    bands, triggers, first = (
        value_of(session, thing.partnership_id, thing.programme, name, on) for name in (BANDS, TRIGGERS, FIRST)
    )
    threshold = _threshold(session, thing, tool, on)
    ours = [Band(one["key"], one["from"], one.get("to")) for one in bands] if bands and tool.id == first else None
    if threshold and tool.rule == "weighted_sum":
        ours = bands_under(ours or tool.bands, threshold)
    return LocalReading(
        thresholds=(threshold,) if threshold else None,
        bands=ours,
        triggers=frozenset(triggers or ()),
    )


def score_on(session: Session, thing: Referral | Case, tool: Checklist, answers: Mapping[str, Any], on: date) -> Score:
    """The score of answers as the partnership of a referral or case reads the tool on a day."""
    return score(tool, answers, on=on, local=reading(session, thing, tool, on))


def ways_in(session: Session, referral: Referral) -> tuple[tuple[str, str], ...]:
    """The ways in to the panel as (key, label): the four of its programme, then any added locally (DA-6, DA-7)."""
    on = clock.to_london(referral.submitted_at).date() if referral.submitted_at else clock.today()
    extra = value_of(session, referral.partnership_id, referral.programme, EXTRA, on) or ()
    words = NeedTest if referral.programme == ProgrammeSlug.COMMUNITY_MARAC else Criterion
    return (*((one.value, one.label) for one in words), *((one["key"], one["label"]) for one in extra))


def _threshold(session: Session, thing: Referral | Case, tool: Checklist, on: date) -> Threshold | None:
    """The local number for a tool: the one of the criterion when it names this tool, or the tool's own."""
    where = (session, thing.partnership_id, thing.programme)
    ways_in = (value_of(*where, name, on) for name in HIGH)
    named = next((rule for rule in ways_in if rule and rule.get("checklist") == tool.id), None)
    rule = named or value_of(*where, f"risk_tools.thresholds.{tool.id}", on)
    return Threshold(VISIBLE_HIGH_RISK, rule["operator"], rule["value"]) if rule else None


def value_of(session: Session, partnership_id: UUID, programme: ProgrammeSlug, name: str, on: date) -> Any:
    """A local rule on a day; what is shipped where the partnership has none of that name yet."""
    rule = local.rules_of(session, partnership_id, programme).at(on).get(name)
    shipped = LocalRules(shipped_rules(programme)).at(date.max)
    found = rule or shipped.get(name)
    return found.value if found else None


def list_tools(session: Session, actor: Actor) -> tuple[ToolLine, ...]:
    """Every version of every tool, with where its words come from and how often it was used (DA-8)."""
    access.require_holds(actor, P.SETTING_READ)
    counted = select(Assessment.checklist, Assessment.checklist_version, func.count())
    mine = counted.where(Assessment.partnership_id == actor.partnership_id)
    uses = {row[:2]: row[2] for row in session.execute(mine.group_by(*counted.selected_columns[:2]))}
    held = versions(session, actor.partnership_id)
    now = {one.fingerprint for one in newest(held, clock.today()).values()}
    lines = [
        ToolLine(one, "Shipped" if one in CHECKLISTS.values() else "Loaded here", one.fingerprint in now,
                 uses.get((one.id, one.version), 0))
        for one in held
    ]  # fmt: skip
    return tuple(sorted(lines, key=lambda line: (line.tool.name, line.tool.effective_from, line.tool.version)))


def load_tool(session: Session, actor: Actor, content: bytes) -> tuple[Checklist, bool]:
    """Take in a risk tool, or wording for one, from a file; answers with it and whether it was new.

    RuleBroken("file") with one plain sentence per fault, or when the same version is here with other content.
    """
    access.require_holds(actor, P.CHECKLIST_LOAD)
    page = definition_files.read(content)
    if definition_files.is_wording(page):
        page = definition_files.worded(_page_of(session, actor.partnership_id, page), page)
    tool = build(definition_files.checked(page))
    same = [one for one in versions(session, actor.partnership_id) if (one.id, one.version) == (tool.id, tool.version)]
    if any(one.fingerprint == tool.fingerprint for one in same):
        return tool, False
    if same:
        message = f"Version {tool.version} of {tool.id} is published and is never edited. Give this one a new version."
        raise RuleBroken("file", message)
    _same_items(versions(session, actor.partnership_id), tool)
    row = ChecklistDefinition(
        partnership_id=actor.partnership_id, tool=tool.id, version=tool.version, effective_from=tool.effective_from,
        effective_to=tool.effective_to, content=canonical(page), fingerprint=tool.fingerprint, loaded_at=clock.now(),
    )  # fmt: skip
    session.add(row)
    session.info.pop("risk_tools", None)
    audit.record(session, actor, "checklist:loaded", row, tool=f"{tool.id}:{tool.version}".lower())
    session.flush()
    return tool, True


def load_from_console(house: Deployment, slug: str | None, content: bytes) -> tuple[Checklist, bool]:
    """The same by the operator of the deployment, for one partnership."""
    with unit_of_work(house) as session:
        return load_tool(session, operator(session, slug), content)


def _page_of(session: Session, partnership_id: UUID, wording: Mapping[str, Any]) -> Mapping[str, Any]:
    """The page that wording is for: the version it names."""
    wanted = (wording.get("wording_of"), wording.get("of_version"))
    own = select(ChecklistDefinition.content).where(ChecklistDefinition.partnership_id == partnership_id)
    pages: list[dict[str, Any]] = [*SHIPPED, *(json.loads(content) for content in session.scalars(own))]
    for page in pages:
        if (page["id"], page["version"]) == wanted:
            return page
    names = ", ".join(sorted({f"{page['id']} {page['version']}" for page in pages}))
    raise RuleBroken("file", f"`wording_of` and `of_version` must name a tool that is here: {names}.")


def _same_items(held: Iterable[Checklist], tool: Checklist) -> None:
    """A key keeps its meaning across the versions of a tool: it does not move to another kind of question."""
    kinds = {question.key: question.kind for one in held if one.id == tool.id for question in one.questions}
    for question in tool.questions:
        if kinds.get(question.key, question.kind) != question.kind:
            message = (
                f"Question {question.number}: the key {question.key} is another kind of question in an earlier version."
            )
            raise RuleBroken("file", message)
