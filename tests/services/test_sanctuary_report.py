"""The funnel from asking to staying: each stage a part of the one before, traced to requests (REP-47, REP-49)."""

from datetime import date

import pytest
from sqlalchemy import select

from marac import access, clock
from marac.errors import NotAllowed
from marac.models import FollowUp, SanctuaryRequest
from marac.reports import sanctuary
from marac.services.keeping.deployment import unit_of_work
from marac.vocabulary import AtHome, FollowUpState, SanctuaryState as S
from tests.builders import actor_for, signed_in
from tests.builders_sanctuary import a_scheme, a_sent_request, put_at
from tests.builders_works import a_home_followed_up, a_surveyed_home


@pytest.fixture
def scheme(house):
    return a_scheme(house)


def this_year(scheme, who=None):
    worker = who or scheme.officer
    with scheme.work(worker) as session:
        first = sanctuary.year_of(clock.today())
        return sanctuary.funnel(session, actor_for(worker), first_on=first, today=clock.today())


def say(scheme, months, state, at_home):
    """What came of a follow-up, without the way there."""
    with unit_of_work(scheme.house) as session:
        access.asked()
        one = session.scalars(select(FollowUp).where(FollowUp.months == months)).one()
        one.state, one.at_home = state, at_home


def numbers(found):
    return [stage.number for stage in found.stages]


def test_each_stage_is_a_part_of_the_one_before_and_traced_to_its_requests(scheme):
    """REP-49: three asked, two surveyed, one fitted; still at home once they said so."""
    references = [a_sent_request(scheme), a_surveyed_home(scheme), a_home_followed_up(scheme)]
    assert numbers(this_year(scheme)) == [3, 2, 1, 0]
    say(scheme, 1, FollowUpState.DONE, AtHome.YES)
    found = this_year(scheme)
    assert numbers(found) == [3, 2, 1, 1]
    assert all(one.requests >= other.requests for one, other in zip(found.stages, found.stages[1:], strict=False))
    with scheme.work(scheme.officer) as session:
        traced = [sanctuary.trace(session, actor_for(scheme.officer), stage) for stage in found.stages]
    assert traced == [sorted(references), sorted(references[1:]), [references[2]], [references[2]]]
    assert (len(found.installed_in_year), len(found.stayed_of_installed)) == (1, 1)


@pytest.mark.parametrize(
    ("state", "at_home", "stayed", "unreachable"),
    [
        (FollowUpState.DONE, AtHome.YES, 1, 0), (FollowUpState.DONE, AtHome.NO, 0, 0),
        (FollowUpState.DONE, AtHome.NOT_KNOWN, 0, 0), (FollowUpState.UNREACHABLE, None, 0, 1),
    ],
)  # fmt: skip
def test_the_last_follow_up_counts_and_unreachable_is_never_still_at_home(scheme, state, at_home, stayed, unreachable):
    """SAN-32: they were at home at one month; what counts is what was said, or not said, at three."""
    a_home_followed_up(scheme)
    say(scheme, 1, FollowUpState.DONE, AtHome.YES)
    say(scheme, 3, state, at_home)
    found = this_year(scheme)
    assert (numbers(found)[-1], len(found.stayed_of_installed), found.unreachable) == (stayed, stayed, unreachable)


def test_drafts_duplicates_and_other_years_do_not_count(scheme):
    """The definition of 130: sent in the year, no drafts, none that repeats another."""
    put_at(scheme, a_sent_request(scheme), S.DUPLICATE)
    reference = a_sent_request(scheme)
    assert numbers(this_year(scheme)) == [1, 0, 0, 0]
    with scheme.work(scheme.officer) as session:
        last = date(sanctuary.year_of(clock.today()).year - 1, 4, 1)
        found = sanctuary.funnel(session, actor_for(scheme.officer), first_on=last, today=clock.today())
        assert numbers(found) == [0, 0, 0, 0]
        assert not found.to_date
        assert (
            session.scalar(select(SanctuaryRequest.reference).where(SanctuaryRequest.state == "submitted")) == reference
        )


def test_a_contractor_or_a_representative_reads_no_report(scheme):
    for worker in (scheme.contractor, scheme.requester):
        with pytest.raises(NotAllowed):
            this_year(scheme, worker)


def test_the_page_shows_numbers_to_a_manager_and_references_to_who_may_open_them(scheme):
    """REP-47, REP-50: the manager sees how many, never which, unless the request is theirs to decide."""
    reference = a_surveyed_home(scheme)
    page = signed_in(scheme.house, scheme.manager).get("/reports").follow("How many people could stay")
    assert "1 of 1 (100%)" in page.main
    traced = page.follow("Surveyed")
    assert reference not in traced.main
    assert "1 that you may not open" in traced.main
    mine = signed_in(scheme.house, scheme.officer).get("/reports/sanctuary?stage=surveyed")
    assert reference in mine.main
    assert "to date" in mine.main
