"""Every page of the panel as a laptop and as a small phone show it: axe finds nothing, nothing scrolls sideways.

The walk of test_every_page.py follows the links of a quiet month; here each stage of a meeting is made first.
"""

from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import select

from marac import clock
from marac.models import AgendaItem, Case
from marac.services.keeping.deployment import Deployment
from marac.services.meetings import panels
from marac.vocabulary import MeetingKind, ReferralKind
from tests.builders import Worker, actor_for, declared
from tests.builders_panels import Panel, a_called_case, a_case, a_held_panel, a_panel, a_published_panel
from tests.journeys.people import LAPTOP, SMALL, Person, Room

NAMES = ("Amina", "Siobhan", "Begum", "Doyle")
PLANNING = (
    "/panels", "/panels/new", "/panels/plan", "/panels/series", "/panels/series/new", "/panels/closure-days",
    "/transfers", "/transfers/areas", "/transfers/in", "/actions", "/escalated", "/admin/library", "/admin/library/add",
)  # fmt: skip


def sees_each(room: Room, worker: Worker, paths: Iterable[str]) -> Person:
    """One person at a laptop goes to each page and makes the window small on it."""
    person = room.sign_in(worker, LAPTOP, names=NAMES)
    for path in paths:
        person.page.set_viewport_size({"width": LAPTOP[0], "height": LAPTOP[1]})
        person.go(path)
        assert person.path == path, "nobody is led elsewhere"
        person.page.set_viewport_size({"width": SMALL[0], "height": SMALL[1]})
        person.check(person.page)
    return person


def first_item(panel: Panel) -> str:
    """The id of the first item, as addresses have it."""
    with panel.house.reader() as session:
        found = select(AgendaItem.id).where(AgendaItem.case_id == panel.case_ids[0]).order_by(AgendaItem.id.desc())
        return str(session.scalars(found).first())


def reference_of(panel: Panel) -> str:
    with panel.house.reader() as session:
        return session.get_one(Case, panel.case_ids[0]).reference


def test_planning_and_building(room: Room, house: Deployment):
    """Before an agenda is out: suggested, in order, checked; and the pages that belong to no meeting."""
    panel = a_panel(house, 2, starts_in=timedelta(days=28))
    with panel.work(panel.coordinator) as session:
        session.info["house"] = house
        for number in range(3):
            a_case(session, house, name="Zofia Nowak", children=number)
    base, item = f"/panels/{panel.reference}", first_item(panel)
    own = (
        base, f"{base}/agenda", f"{base}/publish", f"{base}/agenda/{item}/take-off", f"{base}/agenda/{item}/guests",
        f"{base}/agenda/conflicts/{reference_of(panel)}", f"{base}/brief", f"{base}/brief/1", f"{base}/outstanding",
        f"{base}/since-last", f"{base}/attendance", f"{base}/move", f"{base}/cancel", f"{base}/documents",
    )  # fmt: skip
    sees_each(room, panel.coordinator, [*own, *PLANNING])


def test_research(room: Room, house: Deployment):
    """The sheet, the rest of it and its print; who has answered; what was published."""
    panel = a_published_panel(house, 3)
    base = f"/panels/{panel.reference}"
    asked = ("/research", f"/research/{panel.reference}", f"/research/{panel.reference}/rest")
    sees_each(room, panel.housing, [*asked, f"/research/{panel.reference}/print", base])
    published = (f"{base}/research", f"{base}/publish", f"{base}/agenda/versions", f"{base}/agenda/versions/1")
    sees_each(room, panel.coordinator, published)


def test_the_meeting(room: Room, house: Deployment):
    """A repeat being heard: the Run screen of a case before and while it is heard, the wall, who is here, the end."""
    panel = a_called_case(house, 2, kind=ReferralKind.REPEAT, children=2)
    base = f"/panels/{panel.reference}"
    paths = (f"{base}/run/1", f"{base}/run/2", f"{base}/shared", f"{base}/attendance",
             f"{base}/attendance/conflict", f"{base}/close", f"{base}/outstanding")  # fmt: skip
    sees_each(room, panel.coordinator, paths)
    sees_each(room, panel.chair, (f"{base}/run/1", f"{base}/shared", base))
    sees_each(room, panel.housing, (base,))


def test_after_the_meeting(room: Room, house: Deployment):
    """Minutes and who reads them; telling, flags, transfer, actions; and the last plan when the case comes again."""
    panel = a_held_panel(house, 2)
    with panel.work(panel.coordinator) as session:
        actor, soon = actor_for(panel.coordinator), clock.now() + timedelta(days=14)
        meeting = panels.schedule_meeting(session, actor, starts_at=soon)
        panels.list_case_on(session, actor, meeting, panel.item(session).case, conflict_checked=True)
        following = f"/panels/{meeting.reference}"
    base, case = f"/panels/{panel.reference}", f"/cases/{reference_of(panel)}"
    paths = (f"{base}/minutes", f"{base}/close", f"{base}/minutes/release", f"{base}/documents", base,
             f"{base}/minutes/release/{panel.housing.membership_id}", f"{case}/transfer", f"{case}/actions",
             "/telling", "/flags", "/flags/agencies", f"{following}/run/1/worked", f"{following}/outstanding",
             f"{following}/since-last")  # fmt: skip
    sees_each(room, panel.coordinator, paths)
    police = sees_each(room, panel.police, ("/actions", "/flags", "/research"))
    police.page.set_viewport_size({"width": LAPTOP[0], "height": LAPTOP[1]})
    police.go("/actions")
    police.follow("Apply for a protection order")
    police.page.set_viewport_size({"width": SMALL[0], "height": SMALL[1]})
    police.look()


def test_a_meeting_without_a_room(room: Room, house: Deployment):
    """DA-56: what agencies posted, before and after it is opened."""
    panel = a_panel(house, 2)
    with panel.work(panel.coordinator) as session:
        meeting = panel.meeting(session)
        meeting.kind, meeting.starts_at = MeetingKind.ASYNCHRONOUS, clock.now() + timedelta(days=3)
        meeting.chair_id = panel.chair.id
        panels.publish_agenda(session, actor_for(panel.coordinator), meeting)
        declared(session)
    base = f"/panels/{panel.reference}"
    for worker in (panel.coordinator, panel.chair, panel.housing):
        sees_each(room, worker, (base, f"{base}/information"))
