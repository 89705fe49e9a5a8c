"""Every life-cycle on stored rows: each state x verb x person is moved, or refused as the one thing it should be.

States and verbs come from the tables written by hand in tests/workflows; who may do what is written here.
"""

import shutil
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from marac import access, clock
from marac.access import Actor
from marac.crypto import vault
from marac.errors import NotAllowed, NotFound, RuleBroken, StaleEdit, WrongState
from marac.models import Action, AgendaItem, Case, Flag, Meeting, Minutes, Referral, Research, Retention, Telling
from marac.services import moving
from marac.services.keeping.deployment import open_deployment, unit_of_work
from marac.vocabulary import (
    ActionState,
    Criterion,
    FlagState,
    MinuteHeading,
    MinutesState,
    NeedTest,
    Outcome,
    PersonTest,
    ProgrammeSlug,
    Protects,
    ResearchState,
    RetentionState,
    Role,
    TellingState,
)
from marac.workflows import WORKFLOWS
from marac.workflows.community_marac import RECORD
from marac.workflows.referral_rules import URGENT_FIELDS
from tests.builders import a_user, actor_for, an_agency
from tests.builders_panels import FIVE, a_published_panel, a_wall
from tests.conftest import settings_in
from tests.workflows.test_tables import ORACLE, oracle

MODELS = {"referral": Referral, "case": Case, "research": Research, "meeting": Meeting, "agenda_item": AgendaItem,
          "minutes": Minutes, "action": Action, "flag": Flag, "telling": Telling, "retention": Retention}  # fmt: skip
OF_SCHEME = {
    "sanctuary",
    "address_flag",
    "works_order",
    "visit",
    "follow_up",
    "disclosure",
}  # walked in their own tests
KIN = {"community_referral": "referral", "community_case": "case"}  # the same rows, on the other panel

# Who asks. The referral, the research, the action and the flag are Solace's; the police are listed for the case.
PEOPLE = (
    "author",
    "solace",
    "idva",
    "police",
    "outsider",
    "coordinator",
    "walled",
    "chair",
    "auditor",
    "system",
)
SOLACE = {"solace", "idva"}
PANEL = {"coordinator", "chair"}

# Who may do each verb; a verb that is not named is done by who runs the panel.
DOES: dict[str, dict[str, set[str]]] = {
    "referral": dict.fromkeys(("submit", "send_urgent", "finish", "withdraw", "answer"), SOLACE | {"author"})
    | {"receive_transfer": set()},
    "case": {"issue": {"coordinator"}, "lapse": {"system"}, "erase": {"system"}, "erase_again": {"system"}},
    "research": dict.fromkeys(("save", "share", "answer_not_known", "reopen"), SOLACE),
    "meeting": {},
    "agenda_item": {},
    "minutes": {
        "approve": {"chair"},
        "send_back": {"chair"},
        "issue": {"coordinator", "walled"},
        "recall": {"coordinator", "walled"},
    },
    "action": dict.fromkeys(
        ("accept", "start", "complete", "report_not_possible", "report_not_done", "hand_over"), SOLACE
    ),
    "telling": dict.fromkeys(("report_told", "report_not_reached", "report_unsafe"), SOLACE | PANEL),
    "flag": {"confirm_added": SOLACE, "confirm_removed": SOLACE, "ask_removal": {"system"}},
    "community_case": {
        "issue": {"coordinator"}, "fall_due": {"system"}, "erase": {"system"}, "list_urgently": {"chair"},
        "close_over": {"chair"}, "erase_again": {"system"},
    },
}  # fmt: skip
DOES["retention"] = {verb: {"system"} for verb in ("stop", "begin", "finish", "erase_again")}
DOES["community_referral"] = DOES["referral"]
RUNS_MEETINGS = {
    "retention": {"coordinator", "auditor"},
    "meeting": PANEL | {"walled"},
    "minutes": PANEL | {"walled"},
}  # a wall is against a case, not a meeting

# Who knows that the thing is there; everybody else is told that it is not.
SEES: dict[str, set[str]] = {
    "referral": SOLACE | {"author"} | PANEL,
    "case": SOLACE | {"police"} | PANEL,
    "agenda_item": SOLACE | {"police"} | PANEL,
    "research": SOLACE | PANEL,
    "meeting": SOLACE | {"police", "outsider"} | PANEL | {"walled"},
    "minutes": PANEL | {"walled"},
    "action": SOLACE | {"police"} | PANEL,
    "flag": SOLACE,
    "telling": SOLACE | PANEL,
    "retention": {"coordinator", "auditor"},
}
SEES |= {noun: SEES[kin] for noun, kin in KIN.items()}
# In some states more people know of it, or fewer.
ALSO = {("research", "released"): {"police"}, ("minutes", "issued"): SOLACE | {"police", "outsider"}}
NOT = {("referral", "draft"): PANEL, ("referral", "withdrawn"): PANEL}

NOT |= {("community_referral", state): hidden for (_noun, state), hidden in NOT.items()}

ROOM = {"meeting_state": "in_progress", "agreed": 7, "not_agreed": 0, "decides_from": None}
SENT = {
    "missing": (), "unfinished": True, "victim_age": 34, "age_min": 16, "score": None, "criteria": {Criterion.REPEAT},
    "rationale": "", "rationale_min": 80, "escalation_events": 0, "escalation_min": 3, "answer": "One child, aged 4",
    "sharing": {"aware": "yes", "consent": "yes"}, "urgent": dict.fromkeys(URGENT_FIELDS, "given"),
}  # fmt: skip
TRIAGE = {
    "questions": "Is there a child?", "meeting_state": "scheduled", "late": False, "undecided_matches": 0,
    "conflict_checked": True, "approved_by": uuid4(), "emergency_at": "9am", "earlier_case_id": uuid4(),
    "source_area": "Hackney", "earlier_papers": "seen", "reason": "As agreed", "receiving_area": "Hackney",
    "forum": "Adult safeguarding", "score": None, "advice": "Call the IDVA service", "into_id": uuid4(),
    "undecided_conflicts": 0, "handed_over": "The file, to the duty team", "reason_code": "other", "heard": False,
    "reviewer_id": uuid4(), "decided_by_id": uuid4(),
}  # fmt: skip
HEARD = {
    "minutes": dict.fromkeys((*FIVE, MinuteHeading.VIEWS), "Said"), "is_repeat": False, "action_count": 1,
    "tells_victim": "IDVA", "outcome": Outcome.HEARD, "interim_safety": "Locks changed",
}  # fmt: skip
ENDED = {"today": date(2035, 1, 2), "window_end": date(2034, 1, 1), "retain_until": date(2035, 1, 1),
         "legal_hold": False, "in_ledger": True, "live_actions": 0, "minutes_state": "approved"}  # fmt: skip
PLANNED = {"published_before": False, "item_count": 2, "chair_id": uuid4(), "items_without_outcome": 0,
           "listed_cases": 0}  # fmt: skip
CIRCULATED = {"meeting_state": "held", "approver": uuid4(), "written_by": uuid4()}
DONE = {"owner_id": uuid4(), "note": "As agreed"}
# facts that meet every guard of a verb, so that a refusal can only be about the state or the person
FACTS: dict[str, dict[str, Any]] = {
    "referral": {**SENT, **TRIAGE},
    "case": {**TRIAGE, **HEARD, **ENDED, "reason": "Agreed", "approved_by": (uuid4(), uuid4())},
    "research": {"case_state": "in_meeting", "to_share": "Two calls in May", "who_known": ["her"]},
    "meeting": {**PLANNED, "reason": "No chair"},
    "agenda_item": {**TRIAGE, **HEARD},
    "minutes": {**CIRCULATED, "reason": "Section 2"},
    "action": {**DONE},
    "flag": {},
    "telling": {
        "how": "By phone",
        "safe_contact_met": True,
        "next_step": "Again",
        "to_agency_id": uuid4(),
        "reason": "x",
    },
}
FACTS["retention"] = {
    **ENDED, "kept_until": date(2040, 1, 1), "reason": "A review", "proposed_by": uuid4(), "approver": uuid4(),
    "erase_on": date(2035, 1, 1), "keys_left": 0,
}  # fmt: skip
FACTS["community_referral"] = {
    **FACTS["referral"], "person_tests": {PersonTest.VULNERABLE_VICTIM}, "criteria": {NeedTest.ESCALATION},
    "matrix_high": False, "escalation": "Every night", "stalled": "", "adult_at_risk": False, "people": [],
}  # fmt: skip
FACTS["community_case"] = {
    **FACTS["case"], "minutes": dict.fromkeys((*RECORD.risks, *FIVE, MinuteHeading.VIEWS), "Said"),
    "window_end": date(2036, 1, 1), "due_on": date(2035, 1, 1), "highest": None, "powers_undecided": 0,
    "care_act_unanswered": 0, "scored_again": True, "band": None, "statutory_plan": "", "days_quiet": 99,
    "quiet_days": 28, "closing_outcome": "resolved", "victim_view": "", "no_view_reason": "Moved away",
    "step_down": "None", "closing_word": "By letter", "review_on": date(2035, 2, 1),
}  # fmt: skip
IN_THE_ROOM = ("call", "hear", "recall")


@dataclass(frozen=True)
class Scene:
    """A published panel of one case, with one of everything; who asks; ids only."""

    house: Any
    ids: dict[str, UUID]
    actors: dict[str, Actor]
    other_agency: UUID

    def subject(self, session: Any, noun: str) -> Any:
        kin = KIN.get(noun, noun)
        return session.get_one(MODELS[kin], self.ids[kin])

    def facts(self, noun: str, verb: str) -> dict[str, Any]:
        told = dict(FACTS[noun])
        if noun in ("case", "community_case", "agenda_item") and verb in IN_THE_ROOM:
            told |= ROOM
        if noun == "research" and verb == "answer_not_known":
            told["to_share"] = ""
        if noun == "action":
            told |= {"agency_id": self.actors["solace"].agency_id, "to_agency_id": self.other_agency}
        return told


@pytest.fixture(scope="module")
def scene(founded, tmp_path_factory):
    """Made once; every attempt is rolled back."""
    folder = tmp_path_factory.mktemp("moving") / "house"
    shutil.copytree(founded, folder)
    house = open_deployment(settings_in(folder))
    panel = a_published_panel(house, cases=1)
    case_id = panel.case_ids[0]
    with unit_of_work(house) as session:
        idva = a_user(session, house, Role.IDVA, "solace")
        walled = a_user(session, house, Role.COORDINATOR, "vawg_team")
        a_wall(session, case_id, walled)
        referral = session.scalars(select(Referral)).one()
        workers = {
            "solace": a_user(session, house, Role.REPRESENTATIVE, "solace"), "idva": idva, "walled": walled,
            "police": panel.police, "outsider": a_user(session, house, Role.REPRESENTATIVE, "cctv"),
            "coordinator": panel.coordinator, "chair": panel.chair,
            "auditor": a_user(session, house, Role.AUDITOR, "vawg_team"),
        }  # fmt: skip
        actors = {name: actor_for(worker) for name, worker in workers.items()}
        actors["system"] = access.system(idva.partnership_id)
        actors["author"] = Actor(
            idva.partnership_id, Role.REFERRER, referral.user_id, idva.agency_id, actors["idva"].programmes
        )
        ids = _things(session, idva, panel, case_id) | {"referral": referral.id}
        other = an_agency(session, "elft").id
    everywhere = {who: replace(actor, programmes=frozenset(ProgrammeSlug)) for who, actor in actors.items()}
    yield Scene(house, ids, everywhere, other)
    house.close()


def _things(session: Any, idva: Any, panel: Any, case_id: UUID) -> dict[str, UUID]:
    """The action, flag and minutes beside what the panel made; the police have returned an answer to be released."""
    now, today = clock.now(), clock.today()
    access.open_for("load", idva.partnership_id, [case_id])
    where: dict[str, Any] = {"partnership_id": idva.partnership_id, "case_id": case_id, "agency_id": idva.agency_id}
    item = panel.item(session)
    action = Action(**where, item_id=item.id, state=ActionState.OPEN, due_on=today, protects=Protects.VICTIM,
                    agreed_at=now, text="Ring her")  # fmt: skip
    flag = Flag(**where, state=FlagState.ADDED, asked_at=now, due_at=now, lift_on=today)
    minutes = Minutes(partnership_id=idva.partnership_id, meeting_id=panel.meeting_id, programme=item.case.programme,
                      state=MinutesState.DRAFT, due_at=now + timedelta(days=5))  # fmt: skip
    telling = Telling(**where, item_id=item.id, state=TellingState.ASKED, asked_at=now, due_at=now)
    kept = Retention(partnership_id=idva.partnership_id, case_id=case_id, programme=item.case.programme,
                     state=RetentionState.COUNTING)  # fmt: skip
    session.add_all([action, flag, minutes, telling, kept])
    panel.research(session, panel.police).state = ResearchState.RETURNED
    mine = select(Research.id).where(Research.item_id == item.id, Research.agency_id == idva.agency_id)
    session.flush()
    return {"case": case_id, "meeting": panel.meeting_id, "agenda_item": item.id, "action": action.id, "flag": flag.id,
            "minutes": minutes.id, "telling": telling.id, "retention": kept.id,
            "research": session.scalars(mine).one()}  # fmt: skip


def does(noun: str, verb: str, who: str) -> bool:
    return who in DOES[noun].get(verb, RUNS_MEETINGS.get(noun, PANEL))


def sees(noun: str, state: str, who: str) -> bool:
    if (KIN.get(noun, noun), state) == ("case", "erased"):
        return False
    known = (SEES[noun] | ALSO.get((noun, state), set())) - NOT.get((noun, state), set())
    return who == "system" or who in known


def expected(noun: str, verb: str, state: str, who: str) -> str:
    """moved, or the refusal: invisible before wrong state before not allowed."""
    if not sees(noun, state, who):
        return "NotFound"
    if (verb, state) not in oracle(noun):
        return "WrongState"
    return "moved" if does(noun, verb, who) else "NotAllowed"


def attempt(scene: Scene, session: Any, noun: str, verb: str, who: str) -> tuple[str, list[Any]]:
    """What advance answers, and the entries it queued; in a unit of work of its own, undone afterwards."""
    subject, actor, before = scene.subject(session, noun), scene.actors[who], len(session.info["audit"])
    with suppress(NotFound, NotAllowed):
        access.open_case(actor, scene.subject(session, "case"))
    state = subject.state
    try:
        moving.advance(session, actor, subject, verb, **scene.facts(noun, verb))
    except (NotFound, NotAllowed, WrongState) as refusal:
        assert subject.state == state
        return type(refusal).__name__, session.info["audit"][before:]
    assert subject.state == oracle(noun)[verb, state]
    return "moved", session.info["audit"][before:]


@pytest.mark.parametrize("who", PEOPLE)
@pytest.mark.parametrize("noun", sorted(set(ORACLE) - OF_SCHEME))
def test_every_verb_from_every_state_moves_or_is_refused_as_written(scene, noun, who):
    """state x transition x person; the entry written; and what is offered is exactly what would be accepted."""
    house, flow = scene.house, WORKFLOWS[noun]
    verbs = {verb for verb, _ in oracle(noun)}
    with house.writer() as session:
        session.info["keyring"] = house.keyring
        for state in flow.states:
            answers = {}
            for verb in sorted(verbs):
                answers[verb], queued = _tried(scene, session, (noun, state, verb, who))
                assert answers[verb] == expected(noun, verb, state, who), (verb, state)
                kin = KIN.get(noun, noun)
                own = [entry for entry in queued if entry.tag == f"{kin}:{verb}"]
                assert len(own) == (answers[verb] == "moved")
                assert queued == [] or answers[verb] == "moved"
                if own:
                    to = oracle(noun)[verb, state]
                    assert (own[0].keys, own[0].object_id) == ({"from": state, "to": to}, scene.ids[kin])
            assert _offered(scene, session, noun, state, who) == {verb for verb in verbs if answers[verb] == "moved"}
        session.rollback()


def _put(scene: Scene, session: Any, noun: str, state: str) -> Any:
    """In a state; minutes that are circulated are so since a moment, and members see them by that."""
    subject = scene.subject(session, noun)
    subject.state = state
    for row in (subject, scene.subject(session, "case")) if noun in KIN else ():
        row.programme = ProgrammeSlug.COMMUNITY_MARAC
    if isinstance(subject, Minutes):
        subject.issued_at = clock.now() if state == MinutesState.ISSUED else None
    return subject


def _tried(scene: Scene, session: Any, case: tuple[str, str, str, str]) -> tuple[str, list[Any]]:
    noun, state, verb, who = case
    with vault.unit(scene.house.keyring):
        back = session.begin_nested()
        session.info.update(audit=[], after_commit=[])
        _put(scene, session, noun, state)
        session.flush()
        try:
            return attempt(scene, session, noun, verb, who)
        finally:
            back.rollback()


def _offered(scene: Scene, session: Any, noun: str, state: str, who: str) -> set[str]:
    back = session.begin_nested()
    subject = _put(scene, session, noun, state)
    session.flush()
    names = {step.name for step in moving.available(scene.actors[who], subject)}
    back.rollback()
    return names


# --- what else advance promises ------------------------------------------------------------------------------------


def test_a_guard_that_is_not_met_changes_nothing_and_writes_nothing(scene):
    with scene.house.writer() as session, vault.unit(scene.house.keyring):
        session.info.update(audit=[], keyring=scene.house.keyring)
        action = scene.subject(session, "action")
        with pytest.raises(RuleBroken) as refusal:
            moving.advance(session, scene.actors["solace"], action, "report_not_done", note="  ")
        assert refusal.value.field == "note"
        assert action.state == ActionState.OPEN
        assert session.info["audit"] == []


def test_a_verb_that_no_table_knows_is_a_programming_error(scene):
    with scene.house.writer() as session, vault.unit(scene.house.keyring), pytest.raises(LookupError):
        moving.advance(session, scene.actors["solace"], scene.subject(session, "action"), "explode")


def test_of_two_people_who_move_the_same_row_the_second_is_told_that_it_changed(scene):
    """Check and act in one transaction: a stale version fails at the flush (409)."""
    house = scene.house
    with house.reader() as reading:
        stale = scene.subject(reading, "action")
        assert stale.state == ActionState.OPEN
        version = stale.version_id
    with unit_of_work(house) as session:
        moving.advance(session, scene.actors["solace"], scene.subject(session, "action"), "start")
    with unit_of_work(house) as session:
        action = scene.subject(session, "action")
        with pytest.raises(StaleEdit):
            moving.same_version(action, version)
        moving.same_version(action, None)
        action.state = ActionState.OPEN


def test_closing_a_case_with_a_wall_and_a_restriction_still_lifts_every_flag(scene):
    """The timed job that lifts flags is nobody: no wall is against it, and a walled case does not stay flagged."""
    with scene.house.writer() as session, vault.unit(scene.house.keyring):
        session.info.update(audit=[], keyring=scene.house.keyring)
        case, flag = scene.subject(session, "case"), scene.subject(session, "flag")
        case.state, case.restricted = "issued", True
        session.flush()
        moving.advance(session, scene.actors["system"], case, "lapse", **ENDED)
        assert flag.state == FlagState.REMOVE_REQUESTED
        session.rollback()
