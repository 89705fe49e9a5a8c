"""Disclosure: register, clock, gathering, tagging, owners, two people, holds, chronology (DA-45 to DA-47, DA-55)."""

from datetime import date
from uuid import UUID

import pytest
from sqlalchemy import select

from marac import access, clock
from marac.errors import NotAllowed, NotFound, RuleBroken, StaleEdit, StepUpNeeded
from marac.models import (
    Case,
    CasePerson,
    Disclosure,
    DisclosurePassage,
    NamedPerson,
    PageCheck,
    PersonLink,
    Research,
)
from marac.services.casework import cases
from marac.services.disclosing import (
    chronology,
    gathering,
    holds,
    linking,
    outputs,
    owners,
    register,
    releasing,
    tagging,
)
from marac.services.disclosing.register import Asked
from marac.services.disclosing.tagging import Tagged
from marac.services.keeping.deployment import unit_of_work
from marac.vocabulary import (
    DisclosureAnswer as Answer,
    DisclosureKind as Kind,
    DisclosureProof as Proof,
    DisclosureStanding as Standing,
    DisclosureState as State,
    HoldReason,
    LinkDecision,
    PassageApproval,
    PersonRole,
    ProgrammeSlug,
    ResearchState,
    Role,
)
from marac.workflows.disclosure import cut, due_on, shown_by_default, usual_answer
from marac.workflows.exemptions import exemptions
from tests.builders import a_user, actor_for
from tests.builders_panels import a_held_panel
from tests.pdf_text import said_in

ABOUT_HIM = "Karim told his worker that he drinks again."
ABOUT_HER = "Amina wants the locks changed."
MIXED = "Amina said she is afraid. Karim has debts with a lender."
STANDING = {"victim": Standing.VICTIM, "perpetrator": Standing.PERPETRATOR, "not_known": Standing.NOT_KNOWN}


class Scene:
    """A held panel, somebody who prepares, somebody who releases, and the data protection officer."""

    def __init__(self, house):
        self.house, self.panel = house, a_held_panel(house)
        with unit_of_work(house) as session:
            self.dpo = a_user(session, house, Role.AUDITOR, "vawg_team", full_name="Dee Pohl")
            self.second = a_user(session, house, Role.COORDINATOR, "vawg_team", full_name="Sal Kerr")
        self.clerk, self.chair, self.police = self.panel.coordinator, self.panel.chair, self.panel.police
        self.case_id = self.panel.case_ids[0]
        with unit_of_work(house) as session:
            access.open_for("load", self.clerk.partnership_id, [self.case_id])
            mine = (Research.case_id == self.case_id, Research.agency_id == self.police.agency_id)
            research = session.scalars(select(Research).where(*mine)).one()
            research.shared, research.fact_or_opinion = f"{ABOUT_HIM}\n{ABOUT_HER}\n{MIXED}", "fact"
            research.state, research.returned_at = ResearchState.RELEASED, clock.now()
            self.case_reference = session.get_one(Case, self.case_id).reference
            rows = session.scalars(select(CasePerson).where(CasePerson.case_id == self.case_id))
            self.people = {row.role: row.id.hex for row in rows}

    def work(self, worker):
        return unit_of_work(self.house, actor_for(worker))

    def ask(self, who="Amina Begum", standing=Standing.VICTIM, kind=Kind.SUBJECT_ACCESS, **facts):
        usual = {
            "proof": Proof.DOCUMENT,
            "received_on": clock.today(),
            "scope": "Everything about me",
            "basis": "Order 12",
        }
        with self.work(self.clerk) as session:
            asked = Asked(kind, standing, requester=who, **{**usual, **facts})
            return register.record_request(session, actor_for(self.clerk), ProgrammeSlug.DA_MARAC, asked).reference

    def gathered(self, *, subject=PersonRole.VICTIM, **facts):
        """A request whose case is linked and gathered."""
        reference = self.ask(**facts)
        self.do(self.clerk, reference, register.choose_answer, Answer.PASSAGES)
        self.do(self.clerk, reference, linking.link_case, self.case_reference, [self.people[subject]])
        self.do(self.clerk, reference, gathering.gather)
        return reference

    def do(self, worker, reference, service, *args, **facts):
        with self.work(worker) as session:
            actor = actor_for(worker)
            return service(session, actor, register.get_disclosure(session, actor, reference), *args, **facts)

    def passages(self, reference, worker=None):
        with self.work(worker or self.clerk) as session:
            actor = actor_for(worker or self.clerk)
            one = register.get_disclosure(session, actor, reference)
            linking.list_linked(session, actor, one)
            return [(row.id, row.label, row.text, tuple(row.tags), row.part) for row in tagging.rows_of(session, one)]

    def find(self, reference, text):
        return next(row for row in self.passages(reference) if row[2] == text)

    def settle(self, reference):
        """Show what is about the subject alone, hide the rest, and have the owner agree."""
        victim = self.people[PersonRole.VICTIM]
        shown = {self.find(reference, ABOUT_HER)[0]: Tagged((victim,), shown=True)}
        self.do(self.clerk, reference, tagging.save_tags, shown, version=None)
        self.do(self.clerk, reference, tagging.hide_rest)
        for row in [row for row in self.passages(reference) if row[3] == (victim,)]:
            self.do(self.clerk, reference, tagging.save_tags, {row[0]: Tagged((victim,), shown=True)}, version=None)
        self.do(self.clerk, reference, owners.ask_owners)
        self.answer_owners(reference)

    def answer_owners(self, reference, *, agrees=True):
        with self.work(self.police) as session:
            actor = actor_for(self.police)
            for question in owners.list_questions(session, actor):
                rows = owners.list_own(session, actor, question.disclosure_id)
                typed = {row.id: (agrees, "" if agrees else "An inquiry runs") for row in rows}
                owners.answer(session, actor, question.disclosure_id, typed)
        with self.work(self.clerk) as session:  # what others shared, by their consent on paper
            actor = actor_for(self.clerk)
            one = register.get_disclosure(session, actor, reference)
            linking.list_linked(session, actor, one)
            for row in tagging.rows_of(session, one):
                if row.approval == PassageApproval.ASKED:
                    row.approval = PassageApproval.AGREED

    def version(self, reference):
        with self.house.reader() as session:
            return session.scalars(select(Disclosure.passages_version).where(Disclosure.reference == reference)).one()


@pytest.fixture
def scene(house):
    return Scene(house)


def test_the_clock_is_one_month_and_two_more_and_ends_on_a_working_day():
    assert due_on(date(2026, 1, 31)) == date(2026, 3, 2)  # the last day of February 2026 is a Saturday
    assert due_on(date(2026, 3, 10)) == date(2026, 4, 10)
    assert due_on(date(2026, 3, 10), 3) == date(2026, 6, 10)


def test_words_are_cut_out_and_none_is_lost_and_only_the_subjects_own_show_by_default_da_45():
    assert cut("one two three four", 2, 3) == ["one", "two three", "four"]
    assert cut("one two", 1, 1) == ["one", "two"]
    for first, last in ((1, 2), (0, 1), (2, 1), (1, 3)):
        with pytest.raises(RuleBroken):
            cut("one two", first, last)
    assert shown_by_default(("a",), frozenset("a"))
    assert shown_by_default(("a", "agency"), frozenset("a"))
    assert not shown_by_default((), frozenset("a")), "not tagged yet"
    assert not shown_by_default(("a", "b"), frozenset("a"))
    for standing in Standing:
        free = standing in (Standing.VICTIM, Standing.AUTHORITY)
        assert (usual_answer(standing, warned=False) == Answer.NEITHER) is not free
        assert usual_answer(standing, warned=True) == Answer.NEITHER


def test_a_request_is_recorded_with_its_clock_and_extended_once_with_a_reason_dp_57(scene):
    with pytest.raises(RuleBroken, match="the court has set"):
        scene.ask(kind=Kind.COURT, standing=Standing.AUTHORITY)
    with pytest.raises(RuleBroken, match="legal basis"):
        scene.ask(kind=Kind.POLICE, standing=Standing.AUTHORITY, basis="")
    reference = scene.ask()
    before = scene.do(scene.clerk, reference, lambda _s, _a, one: (one.received_on, one.due_on))
    assert before[1] == due_on(before[0])
    with pytest.raises(RuleBroken):
        scene.do(scene.clerk, reference, register.extend, because=" ")
    scene.do(scene.clerk, reference, register.extend, because="Four requests at once")
    assert scene.do(scene.clerk, reference, lambda _s, _a, one: one.due_on) == due_on(before[0], 3)
    with pytest.raises(RuleBroken, match="only once"):
        scene.do(scene.clerk, reference, register.extend, because="Again")
    with scene.work(scene.dpo) as session:
        (line,) = register.list_disclosures(session, actor_for(scene.dpo))
        assert (line.requester, line.kind) == ("Amina Begum", Kind.SUBJECT_ACCESS)
    with scene.work(scene.police) as session, pytest.raises(NotAllowed):
        register.list_disclosures(session, actor_for(scene.police))


def test_everything_is_gathered_as_passages_and_nothing_that_says_where_or_how_to_reach_da_45(scene):
    reference = scene.gathered()
    found = scene.passages(reference)
    text = "\n".join(f"{label}: {words}" for _id, label, words, _tags, _part in found)
    for said in (ABOUT_HIM, ABOUT_HER, "Apply for a protection order", "Amina Begum", "said and agreed"):
        assert said in text
    for kept in ("Elm Row", "E1 0AA", "07700"):
        assert kept not in text
    tags = {words: tags for _id, _label, words, tags, _part in found}
    assert tags[ABOUT_HIM] == (scene.people[PersonRole.PERPETRATOR],)
    assert set(tags[MIXED]) == {scene.people[PersonRole.VICTIM], scene.people[PersonRole.PERPETRATOR]}
    with scene.house.reader() as session:
        assert holds.is_held(session, scene.case_id), "what is asked for is not erased meanwhile"
    before = scene.version(reference)
    scene.settle(reference)
    assert scene.version(reference) > before
    scene.do(scene.clerk, reference, gathering.gather)
    assert len(scene.passages(reference)) == len(found), "gathered twice, each is there once"
    with scene.work(scene.clerk) as session:
        one = register.get_disclosure(session, actor_for(scene.clerk), reference)
        linking.list_linked(session, actor_for(scene.clerk), one)
        assert all(row.settled for row in tagging.rows_of(session, one)), "what was tagged stays tagged"


def test_a_passage_is_cut_apart_tagged_and_joined_again_da_45(scene):
    reference = scene.gathered()
    mixed = scene.find(reference, MIXED)
    words = MIXED.split()
    scene.do(scene.clerk, reference, tagging.split, mixed[0], first=words.index("Karim") + 1, last=len(words))
    pieces = [row for row in scene.passages(reference) if row[2] in ("Amina said she is afraid.", MIXED[26:])]
    assert [row[4] for row in pieces] == [1, 2]
    victim, perpetrator = scene.people[PersonRole.VICTIM], scene.people[PersonRole.PERPETRATOR]
    for tagged, why in (
        (Tagged((), shown=False, exemption="third_party"), "whom"),
        (Tagged((perpetrator,), shown=False), "why this is hidden"),
        (Tagged((perpetrator,), shown=False, exemption="made_up"), "why this is hidden"),
        (Tagged((victim, perpetrator), shown=True), "why it is fair"),
    ):
        with pytest.raises(RuleBroken, match=why):
            scene.do(scene.clerk, reference, tagging.save_tags, {pieces[1][0]: tagged}, version=None)
    stale = scene.version(reference)
    hidden = Tagged((perpetrator,), shown=False, exemption="third_party")
    scene.do(scene.clerk, reference, tagging.save_tags, {pieces[1][0]: hidden}, version=stale)
    with pytest.raises(StaleEdit):
        scene.do(scene.clerk, reference, tagging.save_tags, {pieces[1][0]: hidden}, version=stale)
    scene.do(scene.clerk, reference, tagging.join, pieces[0][0])
    assert scene.find(reference, MIXED)
    with pytest.raises(NotFound):
        scene.do(scene.clerk, reference, tagging.join, scene.find(reference, MIXED)[0])


def test_the_owner_agency_sees_its_own_words_alone_and_its_objection_stops_the_answer_da_45_da_46(scene):
    reference = scene.gathered()
    victim = scene.people[PersonRole.VICTIM]
    scene.do(
        scene.clerk,
        reference,
        tagging.save_tags,
        {scene.find(reference, ABOUT_HER)[0]: Tagged((victim,), True)},
        version=None,
    )
    scene.do(scene.clerk, reference, tagging.hide_rest)
    scene.do(scene.clerk, reference, owners.ask_owners)
    with scene.work(scene.police) as session:
        actor = actor_for(scene.police)
        (question,) = owners.list_questions(session, actor)
        own = owners.list_own(session, actor, question.disclosure_id)
        assert ABOUT_HER in [row.text for row in own]
        assert {row.fact_or_opinion for row in own} >= {"fact"}
        assert not any("said and agreed" in row.text for row in own), "not the panel's words"
        with pytest.raises(RuleBroken, match="why it must not"):
            owners.answer(session, actor, question.disclosure_id, {own[0].id: (False, "")})
        others = session.scalars(
            select(DisclosurePassage.id).where(DisclosurePassage.agency_id.is_distinct_from(actor.agency_id))
        )
        with pytest.raises(NotFound):
            owners.answer(session, actor, question.disclosure_id, {others.first(): (True, "")})
    with scene.work(scene.panel.housing) as session, pytest.raises(NotFound):
        owners.list_own(session, actor_for(scene.panel.housing), question.disclosure_id)
    scene.answer_owners(reference, agrees=False)
    with pytest.raises(RuleBroken):
        scene.do(scene.clerk, reference, releasing.prepare)
    todo = scene.do(scene.clerk, reference, releasing.unready)
    assert any("has not agreed" in text for text in todo)
    scene.do(scene.clerk, reference, owners.override, because="The court ordered it")
    assert not any("has not agreed" in text for text in scene.do(scene.clerk, reference, releasing.unready))


def test_neither_confirm_nor_deny_is_the_answer_until_the_data_protection_officer_decides_otherwise(scene):
    """To an alleged perpetrator, to one known from another case, and to anybody who bears his name (security 7)."""
    reference = scene.ask("Karim Begum", Standing.PERPETRATOR)
    with pytest.raises(RuleBroken, match="data protection officer"):
        scene.do(scene.clerk, reference, register.choose_answer, Answer.PASSAGES)
    with pytest.raises(RuleBroken, match="data protection officer"):
        scene.do(scene.clerk, reference, register.choose_answer, Answer.NOTHING)
    with pytest.raises(RuleBroken, match="had a part"):
        scene.do(scene.clerk, scene.ask("X", Standing.NOT_KNOWN), _decide_as_clerk)
    with pytest.raises(RuleBroken):
        scene.do(scene.dpo, reference, register.decide, because="")
    scene.do(scene.dpo, reference, register.decide, because="He was told by the court already")
    scene.do(scene.clerk, reference, register.choose_answer, Answer.PASSAGES)
    for who, subject, warning in (
        ("Karim Begum", PersonRole.VICTIM, linking.NAMED), ("Somebody Else", PersonRole.PERPETRATOR, linking.IS),
    ):  # fmt: skip
        posing = scene.ask(who)
        scene.do(scene.clerk, posing, linking.link_case, scene.case_reference, [scene.people[subject]])
        assert scene.do(scene.clerk, posing, lambda _s, _a, one: tuple(one.warned)) == (warning,)
        with pytest.raises(RuleBroken, match="data protection officer"):
            scene.do(scene.clerk, posing, register.choose_answer, Answer.PASSAGES)
    with scene.work(scene.clerk) as session:
        her, him = (session.get_one(CasePerson, one) for one in _ids(scene))
        session.add(
            PersonLink(partnership_id=her.partnership_id, person_id=her.id, other_person_id=him.id,
                       decision=LinkDecision.SAME, decided_by_id=scene.clerk.id, decided_at=clock.now())
        )  # fmt: skip
    elsewhere = scene.ask()
    scene.do(scene.clerk, elsewhere, linking.link_case, scene.case_reference, [scene.people[PersonRole.VICTIM]])
    assert scene.do(scene.clerk, elsewhere, lambda _s, _a, one: tuple(one.warned)) == (linking.ELSEWHERE,)


def _decide_as_clerk(session, _actor, one):
    """The chair decides, but not about what the chair prepared."""
    access.open_register(_actor)
    clerk = access.Actor(**{**{f: getattr(_actor, f) for f in _actor.__slots__}, "role": Role.CHAIR})
    return register.decide(session, clerk, one, because="It is safe")


def _ids(scene):
    return UUID(scene.people[PersonRole.VICTIM]), UUID(scene.people[PersonRole.PERPETRATOR])


def test_the_letter_is_the_same_whether_or_not_there_is_a_case():
    on = date(2026, 4, 1)
    known, unknown = (
        outputs.write_letter("neither", requester="K. Begum", partnership="Tower Hamlets", on=on) for _ in range(2)
    )
    assert known == unknown
    assert said_in(known, "neither confirm nor deny")


def test_nobody_releases_what_they_prepared_and_a_page_with_an_address_stops_it(scene):
    reference = scene.gathered()
    scene.settle(reference)
    scene.do(scene.clerk, reference, releasing.prepare)
    version = scene.version(reference)
    with pytest.raises(RuleBroken, match="had a part"):
        scene.do(scene.clerk, reference, releasing.release, version=version)
    with scene.work(scene.chair) as session:
        actor = actor_for(scene.chair, stepped_up_at=None)
        one = register.get_disclosure(session, actor, reference)
        with pytest.raises(StepUpNeeded):
            releasing.release(session, actor, one, version=version)
    with pytest.raises(StaleEdit):
        scene.do(scene.chair, reference, releasing.release, version=version - 1)
    with pytest.raises(NotAllowed):
        scene.do(scene.dpo, reference, releasing.release, version=version)
    scene.do(scene.clerk, reference, releasing.take_back)
    row = scene.find(reference, ABOUT_HER)
    with scene.work(scene.clerk) as session:
        actor = actor_for(scene.clerk)
        one = register.get_disclosure(session, actor, reference)
        linking.list_linked(session, actor, one)
        session.get_one(DisclosurePassage, row[0]).text = "Amina lives at 14 Elm Row."
    scene.do(scene.clerk, reference, releasing.prepare)
    with pytest.raises(RuleBroken, match="stands on page"):
        scene.do(scene.chair, reference, releasing.release, version=scene.version(reference))
    scene.do(scene.chair, reference, releasing.let_address_pass, because="She has died, the flat is let to others")
    scene.do(scene.chair, reference, releasing.release, version=scene.version(reference))
    with scene.work(scene.chair) as session:
        actor = actor_for(scene.chair)
        one = register.get_disclosure(session, actor, reference)
        made = releasing.make_copy(session, actor, one)
        assert one.state == State.RELEASED
        assert made.content.startswith(b"%PDF")
        checks = session.scalars(select(PageCheck).where(PageCheck.document_id == made.entry.id)).all()
        assert sum(check.found for check in checks) >= 1
        assert any(check.overridden for check in checks)
        (copy,) = releasing.list_copies(session, actor, one)
        assert copy.pages == len(checks)


def test_a_restricted_case_needs_a_second_releaser(scene):
    reference = scene.gathered()
    scene.settle(reference)
    with scene.work(scene.chair) as session:
        session.get_one(Case, scene.case_id).restricted = True
        for worker in (scene.clerk, scene.chair, scene.second):
            facts = {"partnership_id": worker.partnership_id, "case_id": scene.case_id, "user_id": worker.id}
            session.add(NamedPerson(**facts))
    scene.do(scene.clerk, reference, releasing.prepare)
    version = scene.version(reference)
    with pytest.raises(RuleBroken, match="second person"):
        scene.do(scene.chair, reference, releasing.release, version=version)
    scene.do(scene.second, reference, releasing.agree, version=version)
    with pytest.raises(RuleBroken, match="second person"):
        scene.do(scene.second, reference, releasing.release, version=version)
    scene.do(scene.chair, reference, releasing.release, version=version)
    with scene.work(scene.dpo) as session, pytest.raises(NotFound):
        register.get_disclosure(session, actor_for(scene.dpo), reference)


def test_a_health_copy_is_about_one_person_and_never_both_da_47(scene):
    reference = scene.gathered(kind=Kind.HEALTH, standing=Standing.AUTHORITY, who="Dr Ames, Elm Surgery")
    both = Tagged((scene.people[PersonRole.VICTIM], scene.people[PersonRole.PERPETRATOR]), True, note="It is fair")
    with pytest.raises(RuleBroken, match="one person's data alone"):
        scene.do(scene.clerk, reference, tagging.save_tags, {scene.find(reference, MIXED)[0]: both}, version=None)
    with pytest.raises(RuleBroken, match="one person"):
        scene.do(scene.clerk, reference, linking.link_case, scene.case_reference, list(scene.people.values()))
    with scene.work(scene.clerk) as session:
        actor = actor_for(scene.clerk)
        content = releasing.view(session, actor, register.get_disclosure(session, actor, reference))
    assert content.blocks[0]["text"] == "Hide from online access"


def test_a_hold_keeps_a_case_from_erasure_and_a_lock_from_change_da_55(scene):
    with scene.work(scene.chair) as session:
        actor, case = actor_for(scene.chair), session.get_one(Case, scene.case_id)
        with pytest.raises(RuleBroken):
            holds.hold_case(session, actor, case, reason=HoldReason.DEATH_REVIEW, because=" ")
        held = holds.hold_case(session, actor, case, reason=HoldReason.DEATH_REVIEW, because="Review", locks=True)
        held_id = held.id
        assert held.case_id in holds.held_cases(session, case.partnership_id)
    with scene.work(scene.clerk) as session:
        actor, case = actor_for(scene.clerk), cases.get_case(session, actor_for(scene.clerk), scene.case_reference)
        with pytest.raises(NotAllowed):
            cases.record_wishes(session, actor, case, wishes="Changed")
        entries = chronology.chronicle(session, actor, case)
        kinds = {entry.kind for entry in entries}
        assert kinds >= {"Referral", "Meeting", "Action agreed", "Research", "Hold"}
        assert any("Present: " in entry.text for entry in entries)
        made = chronology.make_copy(session, actor, case)
        assert said_in(made.content, "Chronology")
        assert chronology.make_copy(session, actor, case, in_word=True).content.startswith(b"PK")
    with scene.work(scene.chair) as session:
        actor, case = actor_for(scene.chair), session.get_one(Case, scene.case_id)
        holds.lift_hold(session, actor, case, held_id, because="The review has ended")
        assert not holds.is_held(session, case.id)
    with scene.work(scene.police) as session, pytest.raises(NotAllowed):
        chronology.chronicle(session, actor_for(scene.police), session.get_one(Case, scene.case_id))


def test_every_exemption_names_its_basis():
    assert set(exemptions()) >= {
        "third_party", "serious_harm", "crime_taxation", "legal_privilege", "health_serious_harm",
        "social_work_serious_harm", "confidential_reference",
    }  # fmt: skip
    assert all(one.label and one.basis for one in exemptions().values())
