"""Auditing a sample of cases against the ten principles: drawn, answered, closed, and what each may see (DA-53)."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from marac import access, clock
from marac.errors import NotAllowed, NotFound, RuleBroken, WrongState
from marac.models import AuditEntry, Case, SampleAudit, SampledCase
from marac.reports import of_samples
from marac.services.reporting import samples
from marac.vocabulary import CaseState, ProgrammeSlug, Role, SampleAnswer as A, SampleState
from marac.workflows import principles
from tests.builders import a_user, actor_for, signed_in, unit_of_work
from tests.builders_panels import a_held_panel, a_wall

DA, COMMUNITY = ProgrammeSlug.DA_MARAC, ProgrammeSlug.COMMUNITY_MARAC
KEYS = [one.key for one in principles.principles()]


def test_there_are_ten_principles_each_with_a_question_of_its_own_and_where_to_look():
    found = principles.principles()
    assert [one.number for one in found] == list(range(1, 11))
    assert len({one.key for one in found}) == len({one.question for one in found}) == 10
    assert all(one.question.endswith("?") and one.look_at for one in found)


def test_a_sample_is_the_same_whenever_it_is_drawn_from_the_same_cases_with_the_same_seed():
    ids = [UUID(int=number) for number in range(40)]
    first = principles.draw("seed", ids, 10)
    assert first == principles.draw("seed", reversed(ids), 10)
    assert len(set(first)) == 10
    assert set(first) <= set(ids)
    assert first != principles.draw("another", ids, 10)
    assert set(principles.draw("seed", ids[:3], 10)) == set(ids[:3])
    often = {one for seed in range(60) for one in principles.draw(str(seed), ids, 10)}
    assert often == set(ids), "every case may come up"


def test_every_question_is_answered_and_what_is_missing_explained():
    yes = dict.fromkeys(KEYS, A.YES)
    principles.check(yes, {})
    with pytest.raises(RuleBroken) as unanswered:
        principles.check({**yes, "voice": None}, {})
    assert unanswered.value.field == "voice"
    for short in (A.PARTLY, A.NO):
        with pytest.raises(RuleBroken) as unexplained:
            principles.check({**yes, "plan": short}, {"plan": " "})
        assert unexplained.value.field == "note_plan"
        principles.check({**yes, "plan": short}, {"plan": "No action for the children."})


@pytest.fixture
def held(house, quick_hashes):
    """Six cases heard: the second coordinator is walled off from the sixth."""
    panel = a_held_panel(house, cases=6)
    with unit_of_work(house) as session:
        roles = {Role.SERVICE_MANAGER: None, Role.STEERING_GROUP: None, Role.COORDINATOR: DA}
        readers = {role: a_user(session, house, role, "vawg_team", programme=sees) for role, sees in roles.items()}
        a_wall(session, panel.case_ids[5], readers[Role.COORDINATOR])
    return house, panel, readers


def asked(**facts):
    usual = {"programme": DA, "first_on": clock.today() - timedelta(days=30), "last_on": clock.today(), "size": 50,
             "seed": ""}  # fmt: skip
    return samples.Asked(**{**usual, **facts})


def drawn(house, worker, **facts):
    with unit_of_work(house, actor_for(worker)) as session:
        made = samples.draw_sample(session, actor_for(worker), asked(**facts))
        cases = session.scalars(select(SampledCase).where(SampledCase.audit_id == made.id)).all()
        return made.id, [one.case_id for one in sorted(cases, key=lambda one: one.position)]


def answered(house, worker, sample_id, answers, note="It was late."):
    """Answer every case that the worker may open: `answers(n)` says how case n (from 0) met every principle."""
    with unit_of_work(house, actor_for(worker)) as session:
        actor = actor_for(worker)
        sample = samples.get_sample(session, actor, sample_id)
        for place, one in enumerate(samples.list_cases(session, actor, sample)):
            samples.answer_case(session, actor, one, answers=dict.fromkeys(KEYS, answers(place)),
                                notes=dict.fromkeys(KEYS, note))  # fmt: skip


def test_a_sample_holds_only_cases_heard_that_its_auditor_may_open_da_53(held):
    house, panel, readers = held
    _, mine = drawn(house, panel.coordinator)
    assert set(mine) == set(panel.case_ids)
    _, walled = drawn(house, readers[Role.COORDINATOR])
    assert set(walled) == set(panel.case_ids[:5])
    (_, one), (_, again) = (drawn(house, panel.coordinator, size=3, seed="2026") for _ in range(2))
    assert one == again == principles.draw("2026", panel.case_ids, 3)
    with unit_of_work(house) as session:
        session.get_one(Case, panel.case_ids[0]).state = CaseState.MERGED
        session.get_one(Case, panel.case_ids[1]).restricted = True
    assert set(drawn(house, panel.chair)[1]) == set(panel.case_ids[2:])
    earlier = clock.today() - timedelta(days=300)
    for wrong in ({"size": 0}, {"size": 51}, {"last_on": earlier}, {"last_on": clock.today() + timedelta(days=1)},
                  {"programme": COMMUNITY}, {"first_on": earlier, "last_on": earlier}):  # fmt: skip
        with pytest.raises(RuleBroken):
            drawn(house, panel.coordinator, **wrong)
    for nobody in (panel.police, readers[Role.SERVICE_MANAGER], readers[Role.STEERING_GROUP]):
        with pytest.raises(NotAllowed):
            drawn(house, nobody)


def test_an_audit_is_answered_closed_and_then_stands_with_a_trend_to_the_one_before_da_53(held):
    """Six cases: 5 yes and 1 no, then 3 yes and 3 partly; shares of 83 and 50 percent."""
    house, panel, readers = held
    with unit_of_work(house) as session:
        panel.meeting(session).starts_at = clock.now() - timedelta(days=10)
    first, _ = drawn(house, panel.coordinator, last_on=clock.today() - timedelta(days=5))
    with panel.work(panel.coordinator) as session:
        actor = actor_for(panel.coordinator)
        with pytest.raises(RuleBroken):
            samples.close_sample(session, actor, session.get_one(SampleAudit, first), changes="Remind everybody")
    answered(house, panel.coordinator, first, lambda place: A.NO if place == 0 else A.YES)
    with panel.work(panel.coordinator) as session:
        sample = samples.get_sample(session, actor, first)
        with pytest.raises(RuleBroken):
            samples.close_sample(session, actor, sample, changes=" ")
        samples.close_sample(session, actor, sample, changes="Minutes within two days, from June.")
        one = samples.list_cases(session, actor, sample)[0]
        for late in (
            lambda: samples.close_sample(session, actor, sample, changes="Again"),
            lambda: samples.answer_case(session, actor, one, answers=dict.fromkeys(KEYS, A.YES), notes={}),
        ):
            with pytest.raises(WrongState):
                late()
    second, _ = drawn(house, panel.coordinator)
    answered(house, panel.coordinator, second, lambda place: A.PARTLY if place % 2 else A.YES)
    with unit_of_work(house) as session:
        sample = session.get_one(SampleAudit, second)
        number, found = of_samples.results(session, actor_for(panel.coordinator), sample)
        assert (number, {tuple(one.words(exact=True)) for one in found}) == (6, {("3", "3", "0", "0")})
        assert {one.trend(exact=True) for one in found} == {("50%", "83%")}
        assert {one.trend(exact=False) for one in found} == {("not shown", "not shown")}
        assert {tuple(one.words(exact=False)) for one in found} == {("fewer than 5", "fewer than 5", "0", "0")}
        closed = session.get_one(SampleAudit, first)
        walled = of_samples.results(session, actor_for(readers[Role.COORDINATOR]), closed)
        assert walled[0] == 5, "a wall hides a case from what was closed too"
        tags = session.scalars(select(AuditEntry.tag).where(AuditEntry.tag.startswith("sample:"))).all()
        assert [tags.count(f"sample:{one}") for one in ("drawn", "answered", "closed")] == [2, 12, 1]
        access.open_for("load", panel.coordinator.partnership_id, panel.case_ids)
        rows = session.scalars(select(SampledCase).where(SampledCase.audit_id == first)).all()
        assert {one.notes["plan"] for one in rows} == {"It was late."}
        for row in rows[:3]:
            session.delete(row)  # as when their cases are erased
    with unit_of_work(house) as session:
        closed = session.get_one(SampleAudit, first)
        assert of_samples.results(session, actor_for(panel.coordinator), closed)[0] == 6, "what was closed stands"


def test_pages_of_an_audit_for_each_role_da_52_da_53(held):
    house, panel, readers = held
    runs, walled = signed_in(house, panel.coordinator), signed_in(house, readers[Role.COORDINATOR])
    today, past = clock.today(), clock.today() - timedelta(days=20)
    page = runs.get("/reports/quality/audits").fill_and_post(
        {"programme": "da_marac", "size": "6", "first_on": [str(past.day), str(past.month), str(past.year)],
         "last_on": [str(today.day), str(today.month), str(today.year)]},
        follow=True,
    )  # fmt: skip
    path = page.url
    assert page.html.count(f"{path}/cases/") == 6
    assert walled.get(path).html.count(f"{path}/cases/") == 5
    with unit_of_work(house) as session:
        sample_id = session.scalars(select(SampleAudit.id)).one()
        hidden = session.scalars(select(SampledCase.id).where(SampledCase.case_id == panel.case_ids[5])).one()
    assert walled.get(f"{path}/cases/{hidden}").status == 404
    asks = runs.get(f"{path}/cases/{hidden}")
    assert len(asks.all("fieldset")) == 10
    assert asks.fill_and_post({"identify": "yes"}).status == 422
    said = dict.fromkeys(KEYS, "yes") | {"share": "partly", "note_share": "An opinion stood as a fact."}
    asks.fill_and_post(said, follow=True)
    assert "An opinion stood as a fact." in runs.get(f"{path}/cases/{hidden}").html
    steering, manager = (signed_in(house, readers[role]) for role in (Role.STEERING_GROUP, Role.SERVICE_MANAGER))
    for reader in (steering, manager):
        assert reader.get(path).status == 404, "an open audit is for who audits"
        assert path not in reader.get("/reports/quality/audits").html
        assert reader.get(f"{path}/cases/{hidden}").status == 404
    police = signed_in(house, panel.police)
    assert {police.get(one).status for one in (path, "/reports/quality/audits", f"{path}/cases/{hidden}")} == {403}
    answered(house, panel.coordinator, sample_id, lambda place: A.NO if place == 0 else A.YES)
    runs.get(path).fill_and_post({"changes": "Each agency names its facts."}, follow=True)
    with unit_of_work(house) as session:
        assert session.get_one(SampleAudit, sample_id).state is SampleState.CLOSED
    for reader in (steering, manager):
        shown = reader.get(path)
        assert "Each agency names its facts." in shown.main
        assert "not shown" in shown.main
        assert "/cases/" not in shown.html
    assert "An opinion" not in steering.get(path).html
    assert "textarea" not in runs.get(f"{path}/cases/{hidden}").html
    with unit_of_work(house) as session, pytest.raises(NotFound):
        samples.get_sample(session, actor_for(panel.coordinator), hidden)
