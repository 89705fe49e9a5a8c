"""From the survey to the day somebody moves out: lines, fire review, cost, job, sign-off, follow-ups, the end."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from marac import clock
from marac.errors import NotAllowed, NotFound, RuleBroken, WrongState
from marac.models import FollowUp, HomePhoto, SanctuaryRequest, Visit, WorksLine, WorksOrder
from marac.services.moving import advance
from marac.services.sanctuary import (
    approvals,
    consequences,
    follow_ups,
    job_cards,
    lines as fitted,
    photos,
    signing_off,
    specifying,
    stopping,
    surveys,
    visits,
    works_orders,
)
from marac.services.sanctuary.job_cards import Finished
from marac.services.sanctuary.signing_off import Ending
from marac.services.sanctuary.visits import Slot
from marac.vocabulary import (
    AtHome,
    CostBand,
    FollowUpState,
    LineResult,
    Room,
    SanctuaryState as S,
    VisitKind,
    VisitState,
    WorksOrderState,
)
from tests.builders import actor_for
from tests.builders_cases import messages
from tests.builders_sanctuary import a_permitted_request, a_scheme, a_triaged_request
from tests.builders_works import (
    GPS,
    HOME,
    JPEG,
    LOCK,
    PLAN,
    STILL_THERE,
    a_booked_survey,
    a_home_followed_up,
    a_job,
    a_request_to_approve,
    a_signed_off_home,
    a_surveyed_home,
    a_tap,
    accept,
    an_approved_request,
    an_installed_home,
    an_ordered_job,
    at,
    finish,
    let_visit,
    order,
    price,
    the_order,
    the_request,
)

GRILLE, ROOM, LETTERBOX, GATE, FLAT_DOOR, SHARED = (
    "window_grille", "sanctuary_room", "letterbox_cover", "side_gate", "flat_entrance_door", "communal_entry",
)  # fmt: skip


@pytest.fixture
def scheme(house):
    return a_scheme(house)


def refused(field, do, *args, **facts):
    """The rule that is broken, beside its field."""
    with pytest.raises(RuleBroken) as problem:
        do(*args, **facts)
    assert problem.value.field == field
    return problem.value.message


# --- the survey ---


def test_a_survey_is_booked_only_when_the_safe_contact_rules_allow_a_visit(scheme):
    """DA-14: not asked behaves as no."""
    reference, officer = a_permitted_request(scheme), actor_for(scheme.officer)
    slot = Slot(at(1, 10), scheme.surveyor.id, safe_to_attend=True, lone_worker_plan="Rings in")
    with scheme.work(scheme.officer) as session:
        request = the_request(session, scheme.officer, reference)
        refused("safe_to_attend", visits.book_survey, session, officer, request, slot)
    let_visit(scheme, reference)
    with scheme.work(scheme.officer) as session:
        request = the_request(session, scheme.officer, reference)
        for missing in ("safe_to_attend", "lone_worker_plan"):
            wrong = {"safe_to_attend": True, "lone_worker_plan": "Rings in", missing: ""}
            refused(
                missing, visits.book_survey, session, officer, request, Slot(at(1, 10), scheme.surveyor.id, **wrong)
            )
        visits.book_survey(session, officer, request, slot)
        assert (request.state, request.surveyor_id) == (S.SURVEY_BOOKED, scheme.surveyor.id)


def test_the_same_tap_twice_is_one_line(scheme):
    """SAN-26: what a phone sends again because the answer was lost is not doubled."""
    reference, surveyor = a_booked_survey(scheme), actor_for(scheme.surveyor)
    tap = a_tap(LOCK, "front_door", quantity="2", note="Front and back")
    for _ in range(2):
        with scheme.work(scheme.surveyor) as session:
            surveys.add_line(session, surveyor, the_request(session, scheme.surveyor, reference), tap)
    with scheme.work(scheme.surveyor) as session:
        found = fitted.list_lines(session, surveyor, the_request(session, scheme.surveyor, reference))
        assert [(line.words, line.room, line.note) for line in found] == [
            ("Change lock cylinder × 2", Room.FRONT_DOOR, "Front and back")
        ]


@pytest.mark.parametrize("taps", [("nothing_of_ours", "hall", "1"), (LOCK, "attic", "1"), (LOCK, "hall", "0")])
def test_only_things_of_the_catalogue_in_known_rooms_are_added(scheme, taps):
    item, room, quantity = taps
    reference, surveyor = a_booked_survey(scheme), actor_for(scheme.surveyor)
    with scheme.work(scheme.surveyor) as session:
        request = the_request(session, scheme.surveyor, reference)
        with pytest.raises(RuleBroken):
            surveys.add_line(session, surveyor, request, a_tap(item, room, quantity=quantity))


def test_a_survey_is_whole_with_entry_points_lines_fire_section_and_safe_room(scheme):
    """SAN-26."""
    reference, surveyor = a_booked_survey(scheme), actor_for(scheme.surveyor)
    with scheme.work(scheme.surveyor) as session:
        request = the_request(session, scheme.surveyor, reference)
        surveys.save_home(session, surveyor, request, {**HOME, "entry_points": []})
        refused("entry_points", surveys.finish_survey, session, surveyor, request)
        surveys.save_home(session, surveyor, request, HOME)
        refused("item", surveys.finish_survey, session, surveyor, request)
        surveys.add_line(session, surveyor, request, a_tap())
        surveys.save_home(session, surveyor, request, {**HOME, "alarms": ""})
        refused("fire_section", surveys.finish_survey, session, surveyor, request)
        surveys.save_home(session, surveyor, request, {**HOME, "safe_room": ""})
        refused("safe_room", surveys.finish_survey, session, surveyor, request)
        surveys.save_home(session, surveyor, request, HOME)
        surveys.finish_survey(session, surveyor, request)
        assert request.state == S.SURVEY_DONE
        assert request.surveyed_at is not None


def test_a_photo_is_kept_without_the_place_it_was_taken(scheme):
    """SAN-26."""
    reference, surveyor = a_booked_survey(scheme), actor_for(scheme.surveyor)
    with scheme.work(scheme.surveyor) as session:
        request = the_request(session, scheme.surveyor, reference)
        for _ in range(2):
            surveys.add_photo(
                session, surveyor, request, key="ab" * 16, room="hall", content=JPEG[:2] + GPS + JPEG[2:]
            )  # fmt: skip
        refused("photo", surveys.add_photo, session, surveyor, request, key="cd" * 16, room="hall", content=b"%PDF-1.7")
    with scheme.work(scheme.surveyor) as session:
        request = the_request(session, scheme.surveyor, reference)
        (photo,) = photos.list_photos(session, surveyor, request)
        assert photos.read_photo(session, surveyor, request, photo.id).content == JPEG
        assert b"GPS" not in photo.works_sealed


def test_nothing_is_added_once_the_cost_waits_for_approval(scheme):
    reference, surveyor = a_request_to_approve(scheme), actor_for(scheme.surveyor)
    with scheme.work(scheme.surveyor) as session, pytest.raises(WrongState):
        surveys.add_line(session, surveyor, the_request(session, scheme.surveyor, reference), a_tap())


# --- the fire review and the cost ---


@pytest.mark.parametrize("item", [GRILLE, ROOM, LETTERBOX, GATE, FLAT_DOOR, SHARED])
def test_what_changes_a_way_out_is_not_approved_without_a_recorded_fire_review(scheme, item):
    """SAN-26: grille, gate, safe room, letterbox, flat entrance door and shared door."""
    place = "communal" if item == SHARED else "front_door"
    reference, officer = a_surveyed_home(scheme, a_tap(item, place)), actor_for(scheme.officer)
    with scheme.work(scheme.officer) as session:
        request = the_request(session, scheme.officer, reference)
        price(session, scheme, request)
        refused("fire", specifying.specify, session, officer, request)
        advance(session, officer, request, "specify")  # even past the page, the table refuses
        refused("fire_advised_on", specifying.send_for_approval, session, officer, request)


def test_a_house_door_needs_no_fire_review_and_a_flat_entrance_door_does(scheme):
    """SAN-26: the same viewer, on two doors."""
    viewer = "door_viewer"
    for kind, needed in (("house", False), ("flat", True)):
        reference = a_surveyed_home(scheme, a_tap(viewer, "front_door"), home={"home_kind": kind})
        with scheme.work(scheme.officer) as session:
            found = fitted.list_lines(
                session, actor_for(scheme.officer), the_request(session, scheme.officer, reference)
            )
            assert fitted.needs_fire_review(found) is needed


def test_after_the_fire_review_it_goes_to_approval_with_a_cost_band(scheme):
    """SAN-26, SAN-27."""
    reference = a_request_to_approve(scheme, a_tap(GRILLE, "bedroom", quantity="3"))
    with scheme.work(scheme.officer) as session:
        request = the_request(session, scheme.officer, reference)
        cost = specifying.cost_of(session, actor_for(scheme.officer), request)
        assert (cost.net, cost.vat, cost.gross, cost.band) == (
            Decimal("240.00"), Decimal("48.00"), Decimal("288.00"), CostBand.C,
        )  # fmt: skip
        assert request.state == S.APPROVAL
        assert specifying.cost_facts(session, request)["amount_pence"] == 28_800


def test_a_specification_needs_a_price_a_funder_and_a_quote_or_why_none(scheme):
    reference, officer = a_surveyed_home(scheme), actor_for(scheme.officer)
    with scheme.work(scheme.officer) as session:
        request = the_request(session, scheme.officer, reference)
        specifying.specify(session, officer, request)
        refused("lines", specifying.send_for_approval, session, officer, request)
        rows = fitted.list_rows(session, request)
        prices = {row.id.hex: ("80", "") for row in rows}
        specifying.save_costs(session, officer, request, {"lines": prices, "vat": "20"})
        assert "who pays" in refused("lines", specifying.send_for_approval, session, officer, request)
        prices = {row.id.hex: ("80", "police") for row in rows}
        specifying.save_costs(session, officer, request, {"lines": prices, "vat": "20"})
        refused("no_quote_reason", specifying.send_for_approval, session, officer, request)
        specifying.save_costs(session, officer, request, {"lines": prices, "vat": "20", "no_quote_why": "Set prices"})
        specifying.send_for_approval(session, officer, request)
        assert request.state == S.APPROVAL


# --- the job ---


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ("what_to_say", "Say you come because of the abuse"), ("access", "Leila lets you in"),
        ("access", "Keep out of the way of Mr Poynter"), ("who_to_ring", "The IDVA, 020 7946 0111"),
        ("area", "Near the refuge"), ("what_to_say", "Ask for Haddad"), ("access", "Her ex-partner has a key"),
    ],
)  # fmt: skip
def test_a_job_card_whose_words_say_why_or_name_anybody_is_refused(scheme, field, words):
    """SAN-28."""
    reference, officer = an_approved_request(scheme), actor_for(scheme.officer)
    with scheme.work(scheme.officer) as session:
        request = the_request(session, scheme.officer, reference)
        job = a_job(scheme, request, session, **{field: words})
        refused(field, works_orders.order_works, session, officer, scheme.house.keyring, request, job)
        assert session.scalar(select(WorksOrder.id)) is None


def test_the_address_shows_from_six_the_evening_before_after_acceptance_until_completion(scheme, time_machine):
    """SAN-28."""
    _, token = an_ordered_job(scheme)
    window, contractor = at(2, 9), actor_for(scheme.contractor)

    def address():
        with scheme.work(scheme.contractor) as session:
            card = job_cards.read_card(session, contractor, the_order(session, scheme, token))
            return card.address if card else None

    evening = at(1, 18)
    time_machine.move_to(evening + timedelta(minutes=1))
    assert address() == ""  # not accepted yet
    time_machine.move_to(evening - timedelta(minutes=1))
    accept(scheme, token)
    assert address() == ""
    time_machine.move_to(evening)
    assert address() == "14 Wapping Mews, E1W 9ZZ"
    time_machine.move_to(window + timedelta(hours=2))
    finish(scheme, token)
    assert address() is None


def test_a_finished_job_installs_the_home_and_says_nothing_more(scheme):
    """SAN-28, SAN-29."""
    reference, token = an_ordered_job(scheme)
    accept(scheme, token)
    finish(scheme, token)
    with scheme.work(scheme.contractor) as session:
        job = the_order(session, scheme, token)
        assert job.state == WorksOrderState.COMPLETED
        assert job_cards.list_jobs(session, actor_for(scheme.contractor)) == []
    with scheme.work(scheme.officer) as session:
        request = the_request(session, scheme.officer, reference)
        assert request.state == S.INSTALLED
        assert {row.result for row in fitted.list_rows(session, request)} == {LineResult.FITTED}
        (photo,) = session.scalars(select(HomePhoto))
        assert photo.of_work_done
        assert photo.content == JPEG


def test_part_fitted_keeps_the_request_open_until_it_is_ordered_again(scheme):
    """SAN-29."""
    reference, token = an_ordered_job(scheme)
    accept(scheme, token)
    finish(scheme, token, LineResult.FITTED, LineResult.PART_FITTED)
    officer = actor_for(scheme.officer)
    with scheme.work(scheme.officer) as session:
        request = the_request(session, scheme.officer, reference)
        assert request.state == S.INSTALLED
        said = refused("results", signing_off.ready_for_sign_off, session, officer, request)
        assert said == "Not finished yet: 1 line"
        signing_off.order_again(session, officer, request)
        left = [row.id for row in fitted.list_rows(session, request) if works_orders.may_order(row)]
        assert len(left) == 1
    again = order(scheme, reference, line_ids=left)
    accept(scheme, again)
    finish(scheme, again, LineResult.NOT_NEEDED)
    with scheme.work(scheme.officer) as session:
        request = the_request(session, scheme.officer, reference)
        signing_off.ready_for_sign_off(session, officer, request)
        assert request.state == S.SIGN_OFF


def test_a_job_is_finished_with_every_line_answered_a_word_on_what_is_missing_and_a_photo(scheme):
    """SAN-29."""
    _, token = an_ordered_job(scheme)
    accept(scheme, token)
    contractor = actor_for(scheme.contractor)
    with scheme.work(scheme.contractor) as session:
        job = the_order(session, scheme, token)
        ids = [line.id for line in job_cards.read_card(session, contractor, job).lines]
        every = dict.fromkeys(ids, LineResult.FITTED)
        missing = {**every, ids[0]: LineResult.NOT_FITTED}
        for said in (Finished({ids[0]: "fitted"}, {}, JPEG), Finished(missing, {}, JPEG)):
            refused("results", job_cards.finish_job, session, contractor, job, said)
        refused("photo", job_cards.finish_job, session, contractor, job, Finished(every, {}, b""))
        refused("photo", job_cards.finish_job, session, contractor, job, Finished(every, {}, b"%PDF-1.4"))


def test_when_works_freeze_the_job_is_withdrawn_at_once_and_the_contractor_is_told(scheme):
    """SAN-22, SAN-28."""
    reference, token = an_ordered_job(scheme)
    accept(scheme, token)
    with scheme.work(scheme.idva) as session:
        pass
    with scheme.work(scheme.officer) as session:
        request = the_request(session, scheme.officer, reference)
        facts = {"how_known": "A neighbour saw him", "known_on": clock.today()}
        stopping.stop(session, actor_for(scheme.officer), request, "freeze", facts)
    with scheme.work(scheme.contractor) as session:
        job = the_order(session, scheme, token)
        assert job.state == WorksOrderState.WITHDRAWN
        assert job_cards.read_card(session, actor_for(scheme.contractor), job) is None
        with pytest.raises(WrongState):
            job_cards.accept_job(session, actor_for(scheme.contractor), job)
    told = [one.template for one in messages(scheme.house) if one.user_id == scheme.contractor.id]
    assert told == ["job_offered", "job_changed"]
    with scheme.work(scheme.officer) as session:
        assert session.scalars(select(WorksLine.order_id)).all() == [None, None]


def test_an_emergency_lock_change_may_come_before_approval_and_nothing_else(scheme):
    """SAN-25, SAN-27: in triage, once somebody said yes in words; the rest waits."""
    reference, officer = a_triaged_request(scheme, has_keys="yes"), actor_for(scheme.officer)
    keyring = scheme.house.keyring
    with scheme.work(scheme.officer) as session:
        request = the_request(session, scheme.officer, reference)
        refused("item", surveys.add_line, session, officer, request, a_tap("security_light", "outside"))
        for item in (LOCK, "boarding_up"):
            surveys.add_line(session, officer, request, a_tap(item, "front_door"))
        job = a_job(scheme, request, session)
        assert "spoken" in refused("lines", works_orders.order_works, session, officer, keyring, request, job)
        said = {"approver_id": scheme.manager.id, "amount_pence": 9_000, "because": "Change the lock tonight"}
        approvals.note_spoken(session, officer, request, **said)
        assert "no way out" in refused("lines", works_orders.order_works, session, officer, keyring, request, job)
        lock = [line.id for line in fitted.list_lines(session, officer, request) if line.works.key == LOCK]
        token = works_orders.order_works(
            session, officer, keyring, request, a_job(scheme, request, session, line_ids=lock)
        ).token  # fmt: skip
    accept(scheme, token)
    finish(scheme, token)
    with scheme.work(scheme.officer) as session:
        request = the_request(session, scheme.officer, reference)
        assert request.state == S.IN_TRIAGE  # the request goes on as it would
        assert session.get(WorksLine, lock[0]).result == LineResult.FITTED
        refused("item", surveys.remove_line, session, officer, session.get(WorksLine, lock[0]))


def test_another_firms_job_is_not_there(scheme):
    """SAN-28."""
    _, token = an_ordered_job(scheme)
    for worker in (scheme.stranger, scheme.requester, scheme.idva, scheme.manager):
        with scheme.work(worker) as session, pytest.raises(NotFound):
            job_cards.get_order(session, actor_for(worker), token)


def test_the_card_of_a_job_that_ended_is_purged_after_fourteen_days(scheme, time_machine):
    """SAN-28: the key goes, and with it the address."""
    _, token = an_ordered_job(scheme)
    accept(scheme, token)
    finish(scheme, token)
    system = works_orders.access.system(scheme.officer.partnership_id)
    for days, gone in ((13, 0), (2, 1), (1, 0)):
        time_machine.move_to(clock.now() + timedelta(days=days))
        with scheme.work(scheme.officer) as session:
            assert works_orders.purge_ended(session, system) == gone
    assert ("works", the_id(scheme, token)) in scheme.house.keyring.erased()


def the_id(scheme, token):
    with scheme.house.reader() as session:
        return session.scalar(select(WorksOrder.id).where(WorksOrder.token == token))


# --- sign-off ---


@pytest.mark.parametrize(
    ("missing", "field"),
    [
        ("alarms_checked", "alarms_checked"), ("shown_how", "shown_how"), ("escape_explained", "escape_explained"),
        ("resident_confirms", "resident_confirms"), ("keys_to_resident", "keys_to_resident"),
        ("keys_count", "keys_count"),
    ],
)  # fmt: skip
def test_sign_off_needs_the_resident_the_demonstration_the_alarms_and_every_key(scheme, missing, field):
    """SAN-26, SAN-30."""
    reference, officer = an_installed_home(scheme), actor_for(scheme.officer)
    with scheme.work(scheme.officer) as session:
        request = the_request(session, scheme.officer, reference)
        signing_off.ready_for_sign_off(session, officer, request)
        refused(field, signing_off.sign_off, session, officer, request, {**PLAN, missing: ""})
        assert request.state == S.SIGN_OFF


def test_sign_off_keeps_what_the_resident_said_and_how_many_keys_there_are(scheme):
    """SAN-30."""
    reference = a_signed_off_home(scheme)
    with scheme.work(scheme.officer) as session:
        request = the_request(session, scheme.officer, reference)
        said = dict(request.sign_off)
        assert (said["keys_count"], said["keys_to_resident"], said["satisfied"]) == (3, True, "5")
        assert request.state == S.SAFETY_PLAN_AND_MARKERS
        assert request.signed_off_at is not None


# --- follow-ups ---


def test_follow_ups_are_one_three_and_six_months_from_sign_off_on_working_days(house, time_machine):
    """SAN-32: clamped to the month's end, then the next working day."""
    time_machine.move_to(datetime(2026, 8, 31, 11, tzinfo=UTC))
    scheme = a_scheme(house)
    reference = a_home_followed_up(scheme)
    with scheme.work(scheme.officer) as session:
        request = the_request(session, scheme.officer, reference)
        due = [(one.months, one.due_on) for one in follow_ups.list_of(session, actor_for(scheme.officer), request)]
        assert due == [(1, date(2026, 9, 30)), (3, date(2026, 11, 30)), (6, date(2027, 3, 1))]
        assert consequences.begin_follow_ups(session, actor_for(scheme.officer), request) == 0  # once only


def test_a_follow_up_holds_the_outcome_set(scheme):
    """SAN-33."""
    reference, officer = a_home_followed_up(scheme), actor_for(scheme.officer)
    with scheme.work(scheme.officer) as session:
        request = the_request(session, scheme.officer, reference)
        one = follow_ups.get_follow_up(session, officer, request, 1)
        said = {"still_at_address": "no", "incidents_since": ["none"]}
        refused("moved_reason", follow_ups.record_contact, session, officer, request, one, way="phone", answers=said)
        follow_ups.record_contact(session, officer, request, one, way="phone", answers=STILL_THERE)
        assert (one.state, one.at_home) == (FollowUpState.DONE, AtHome.YES)
        assert dict(one.outcome)["feels_safer_after"] == 4
        assert follow_ups.open_count(session, request) == 2


def test_a_follow_up_is_made_only_in_a_safe_way(scheme):
    """DA-14, SAN-32: text was never asked about, so nobody is texted."""
    reference, officer = a_home_followed_up(scheme), actor_for(scheme.officer)
    with scheme.work(scheme.officer) as session:
        request = the_request(session, scheme.officer, reference)
        one = follow_ups.get_follow_up(session, officer, request, 1)
        refused("way", follow_ups.record_contact, session, officer, request, one, way="text", answers=STILL_THERE)
        refused("way", follow_ups.record_attempt, session, officer, request, one, way="text")
        assert one.attempts == 0


def test_three_failed_attempts_are_unreachable_and_never_still_at_home(scheme):
    """SAN-32."""
    reference, officer = a_home_followed_up(scheme), actor_for(scheme.officer)
    for attempt in (1, 2, 3):
        with scheme.work(scheme.officer) as session:
            request = the_request(session, scheme.officer, reference)
            one = follow_ups.get_follow_up(session, officer, request, 1)
            follow_ups.record_attempt(session, officer, request, one, way="phone")
            assert one.state == (FollowUpState.UNREACHABLE if attempt == 3 else FollowUpState.DUE)
            assert one.at_home is None
    with scheme.work(scheme.officer) as session:
        request = the_request(session, scheme.officer, reference)
        one = follow_ups.get_follow_up(session, officer, request, 1)
        with pytest.raises(WrongState):
            follow_ups.record_contact(session, officer, request, one, way="phone", answers=STILL_THERE)


def test_whoever_may_ask_is_reminded_once_and_the_survivor_never(scheme, time_machine):
    """SAN-32."""
    a_home_followed_up(scheme)
    time_machine.move_to(clock.now() + timedelta(days=40))
    system = works_orders.access.system(scheme.officer.partnership_id)
    for told in (2, 0):  # the officer, and the service that supports the person
        with scheme.work(scheme.officer) as session:
            assert follow_ups.remind_due(session, system) == told


# --- the end ---


def test_when_somebody_moves_out_portable_things_come_back_and_flags_are_lifted(scheme):
    """SAN-31."""
    reference = a_home_followed_up(scheme, a_tap(), a_tap("panic_alarm", "bedroom"))
    officer = actor_for(scheme.officer)
    with scheme.work(scheme.officer) as session:
        request = the_request(session, scheme.officer, reference)
        (alarm,) = signing_off.portable_out(session, officer, request)
        nothing = Ending(clock.today(), (), "", "yes", "Returned")
        refused("portable_back", signing_off.end_measures, session, officer, request, nothing)
        refused("keys_ended", signing_off.end_measures, session, officer, request,
                Ending(clock.today(), (alarm.id,), "", "yes", ""))  # fmt: skip
        signing_off.end_measures(session, officer, request, Ending(clock.today(), (alarm.id,), "", "yes", "Returned"))
        assert request.state == S.REMOVED_ENDED
        assert session.get(WorksLine, alarm.id).back_on == clock.today()
        assert {flag.state for flag in request.flags} == {"remove_requested"}
        assert set(session.scalars(select(FollowUp.state))) == {FollowUpState.NOT_NEEDED}


# --- the diary ---


def test_the_diary_counts_visits_and_shows_no_address(scheme):
    a_booked_survey(scheme)
    officer, surveyor = actor_for(scheme.officer), actor_for(scheme.surveyor)
    with scheme.work(scheme.officer) as session:
        visits.book_elsewhere(
            session, officer, kind=VisitKind.VISUAL_AUDIT, starts_at=at(1, 14), user_id=scheme.surveyor.id,
            place="Market Square",
        )  # fmt: skip
    with scheme.work(scheme.surveyor) as session:
        first, last = clock.today(), clock.today() + timedelta(days=7)
        rows = visits.list_visits(session, surveyor, from_on=first, until_on=last)
        assert [(row.kind, row.place) for row in rows] == [
            (VisitKind.SURVEY, ""), (VisitKind.VISUAL_AUDIT, "Market Square"),
        ]  # fmt: skip
        assert "Wapping" not in str(rows)
        assert rows[0].contact.startswith("Safe: phone, visit")
        counted = visits.counts(session, surveyor, from_on=first, until_on=last)
        assert counted[VisitKind.SURVEY][VisitState.BOOKED] == 1
    with scheme.work(scheme.contractor) as session:
        assert session.scalars(visits.access.visible(actor_for(scheme.contractor), "visit:read", Visit)).all() == []


def test_a_contractor_may_not_book_survey_or_end_anything(scheme):
    """SAN-28."""
    reference = a_surveyed_home(scheme)
    contractor = actor_for(scheme.contractor)
    with scheme.work(scheme.contractor) as session:
        with pytest.raises(NotFound):
            fitted.get_request(session, contractor, reference)
        with pytest.raises(NotAllowed):
            visits.book_elsewhere(
                session, contractor, kind=VisitKind.VISUAL_AUDIT, starts_at=at(1, 9), user_id=contractor.user_id,
                place="X",
            )  # fmt: skip
        request = session.scalars(select(SanctuaryRequest)).one()
        with pytest.raises(NotFound):
            visits.access.open_request(contractor, request)
