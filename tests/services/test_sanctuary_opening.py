"""What of a Sanctuary request opens for whom, and what may be written: by role and phase, against a table by hand."""

import pytest

from marac import access
from marac.crypto import vault
from marac.errors import NotAllowed, NotFound
from marac.services.sanctuary import requests
from marac.vocabulary import Role, SanctuaryState as S
from tests.builders import actor_for
from tests.builders_sanctuary import a_permitted_request, a_scheme, put_at

COMPARTMENTS = ("identity", "children", "perpetrator", "contact", "location", "risk", "works", "documents", "equality")
NEVER = ("summary", "research:own", "minutes", "actions", "audit-detail")
# o opens, s may be written, os both; by who asks, at a stage that is worked and at one that is over.
TABLE = """
              identity children perpetrator contact location risk works documents equality
requester     o        .        .           .       .        s    .     os        .
requester/end o        .        .           .       .        s    .     os        .
idva          o        o        o           os      .        os   os    os        .
idva/end      o        o        o           s       .        os   os    os        .
officer       os       os       os          os      os       os   os    os        s
officer/end   os       os       os          s       os       os   os    os        s
surveyor      o        .        .           o       o        s    os    s         .
manager       .        .        .           .       .        s    os    .         .
"""
MARKS = {"o": (True, False), "s": (False, True), "os": (True, True), ".": (False, False)}


def rows():
    _, *lines = TABLE.strip("\n").splitlines()
    return [(line.split()[0], dict(zip(COMPARTMENTS, line.split()[1:], strict=True))) for line in lines]


@pytest.fixture
def scheme(house):
    return a_scheme(house)


@pytest.mark.parametrize(("who", "marks"), rows(), ids=[name for name, _ in rows()])
def test_a_role_opens_and_writes_exactly_what_the_table_says(scheme, who, marks):
    reference, (name, _, end) = a_permitted_request(scheme), who.partition("/")
    put_at(scheme, reference, S.CLOSED if end else S.APPROVAL)
    worker = getattr(scheme, name)
    with vault.unit(scheme.house.keyring) as unit, scheme.house.reader() as session:
        actor = actor_for(worker)
        request = requests.get_request(session, actor, reference)
        access.open_request(actor, request)
        found = {
            one: tuple(
                unit.may("case", request.partnership_id, request.case_id, one, seal=seal) for seal in (False, True)
            )
            for one in (*COMPARTMENTS, *NEVER)
        }
    assert found == {one: MARKS[mark] for one, mark in marks.items()} | dict.fromkeys(NEVER, (False, False))


@pytest.mark.parametrize("who", ["stranger", "contractor", "manager", "surveyor"])
def test_who_may_not_see_a_request_opens_nothing_of_it(scheme, who):
    reference = a_permitted_request(scheme)
    put_at(scheme, reference, S.CLOSED)
    with vault.unit(scheme.house.keyring) as unit, scheme.house.reader() as session:
        owner = actor_for(scheme.officer)
        request = requests.get_request(session, owner, reference)
        with pytest.raises((NotFound, NotAllowed)):
            access.open_request(actor_for(getattr(scheme, who)), request)
        for one in COMPARTMENTS:
            assert not unit.may("case", request.partnership_id, request.case_id, one)


def test_the_table_of_the_code_speaks_of_nobody_else():
    assert set(access.REQUEST_OPENS) == set(access.REQUEST_SEALS) == {
        Role.REFERRER, Role.REPRESENTATIVE, Role.DEPUTY, Role.IDVA, Role.COORDINATOR, Role.SANCTUARY_OFFICER,
        Role.CRIME_PREVENTION_OFFICER, Role.SERVICE_MANAGER, Role.TEAM_LEADER,
    }  # fmt: skip
    assert set(access.PHASE_OF) == set(S)
