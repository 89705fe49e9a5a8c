"""One borough with something of every kind in it, everybody who may sign in, and every address of the application.

Values that few may read carry a canary: a word that stands nowhere else.
"""

import hashlib
import re
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import time
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from flask import Flask
from sqlalchemy import event, select

from marac import access, clock
from marac.crypto import area_keys
from marac.models import (
    Action,
    Address,
    Agency,
    AgendaItem,
    Case,
    CaseHold,
    CasePerson,
    ContactMethod,
    Disclosure,
    DisclosurePassage,
    Meeting,
    MeetingSeries,
    MinuteNote,
    OtherArea,
    Partnership,
    Referral,
    Research,
    SampleAudit,
    SampledCase,
    Setting,
    Telling,
    Transfer,
    TransferFile,
    Wall,
)
from marac.services.disclosing import gathering, holds, linking, owners, register
from marac.services.disclosing.register import Asked
from marac.services.keeping.deployment import Deployment, open_deployment, unit_of_work
from marac.services.keeping.founding import found_partnership
from marac.services.meetings import closure_days, scheduling
from marac.services.meetings.scheduling import Pattern
from marac.services.reporting import samples
from marac.services.transfers import areas, receiving, sending
from marac.services.transfers.sending import Move
from marac.vocabulary import (
    DisclosureAnswer,
    DisclosureKind,
    DisclosureProof,
    DisclosureStanding,
    HoldReason,
    MeetingPlace,
    MinuteHeading,
    PersonRole,
    ProgrammeSlug,
    ResearchState,
    Role,
    SanctuaryState,
    SeriesRule,
)
from marac.workflows.deadlines import offset
from marac.workflows.series import Recurrence
from tests.builders import Worker, a_referral, a_user, actor_for, app_of, declared, signed_in
from tests.builders_panels import a_called_case, a_held_panel, a_meeting, a_published_panel, a_wall
from tests.builders_sanctuary import (
    Scheme,
    a_draft,
    a_permitted_request,
    a_sent_request,
    fill,
    patched,
    put_at,
)
from tests.conftest import settings_in

SANCTUARY, DA = ProgrammeSlug.SANCTUARY, ProgrammeSlug.DA_MARAC
OF_SCHEME = {
    Role.SANCTUARY_OFFICER: SANCTUARY, Role.CRIME_PREVENTION_OFFICER: SANCTUARY, Role.CONTRACTOR: SANCTUARY,
    Role.SERVICE_MANAGER: None,
}  # fmt: skip
SECRETS = {
    "private note": "quietheronfeather", "research not opened": "amberlanternmoss", "draft": "willowkestrelstone",
    "address": "saffronharbourlane", "phone": "07700 900987", "name": "Marigoldina",
    "new address": "cobaltorchardmews", "opened in the room": "juniperlatchwindow",
    "said in the room": "hazelrivetcandle", "survivor": "Tamarindella",
    "home": "peridotweirgate", "why": "graniteferngully",
}  # fmt: skip
AUDIT = {"audit_entry", "audit_head", "signin_session", "sqlite_sequence"}
CHANGING = re.compile(rb'name="(?:csrf_token|once_key)"[^>]*>|[0-9a-f]{4}-[0-9a-f]{4}|value="[^"]{20,}"|next=[\w.-]+')


@dataclass
class Scene:
    """Ids and references of what was made, and the people."""

    house: Deployment
    workers: dict[str, Worker]
    found: dict[str, list[str]] = field(default_factory=dict)
    elsewhere: tuple[str, ...] = ()  # references of meetings of another programme
    requests: tuple[str, ...] = ()  # references of Sanctuary requests: in the field, at approval, sent, a draft
    held: str = ""  # the meeting that is over, the one whose agenda is out, and the one whose first case is called
    coming: str = ""
    running: str = ""

    @property
    def app(self) -> Flask:
        return app_of(self.house)

    def client(self, who: str) -> Any:
        """A browser of this person, without the nagging."""
        return signed_in(self.house, self.workers[who]).http

    def urls(self, *, method: str, each: int = 9) -> Iterator[tuple[str, str]]:
        """(endpoint, path) of every route that takes the method, filled with (`each` of) the things that are there."""
        for rule in self.app.url_map.iter_rules():
            if method in rule.methods and rule.endpoint != "static":
                for values in self._values(rule, each):
                    path = self.app.url_map.bind("localhost", url_scheme="https").build(rule.endpoint, values)
                    yield rule.endpoint, path

    def _values(self, rule: Any, each: int) -> Iterator[dict[str, Any]]:
        """Each thing of the kind an address speaks of; of a choice of words, each word."""
        kind = rule.rule.split("/")[1]
        filled: list[dict[str, Any]] = [{}]
        for name, converter in rule._converters.items():
            things = self.found.get(name) or self.found.get(f"{kind} {name}") or ["x"]
            choices = sorted(getattr(converter, "items", ())) or things[:each]
            made = [UUID(one) if type(converter).__name__ == "UUIDConverter" else one for one in choices]
            filled = [{**values, name: one} for values in filled for one in made]
        yield from filled


def build(founded: Path, folder: Path) -> Scene:
    """A held meeting, a published one, referrals sent and begun, and a person in every role."""
    shutil.copytree(founded, folder)
    house = open_deployment(settings_in(folder))
    held = a_held_panel(house, cases=1)
    coming = a_published_panel(house, cases=1)
    running = a_called_case(house, 2)
    with unit_of_work(house) as session:
        workers = {
            "clerk": running.coordinator,  # of all of these, who alone and the police agreed to what is running
            "coordinator": held.coordinator, "chair": held.chair, "police": held.police, "housing": held.housing,
            "idva": a_user(session, house, Role.IDVA, "solace"),
            "deputy": a_user(session, house, Role.DEPUTY, "met_police_da"),
            "walled": a_user(session, house, Role.COORDINATOR, "vawg_team"),
            "outsider": a_user(session, house, Role.REPRESENTATIVE, "cctv"),
            "referrer": a_user(session, house, Role.REFERRER, "education"),
        }  # fmt: skip
        workers["requester"] = a_user(session, house, Role.REPRESENTATIVE, "adult_social_care", programme=SANCTUARY)
        rest = set(Role) - {worker.role for worker in workers.values()} - {Role.SYSTEM}
        workers |= {
            role.value: a_user(session, house, role, "vawg_team", programme=OF_SCHEME.get(role, DA))
            for role in sorted(rest)
        }
        for case_id in (*held.case_ids, *coming.case_ids, *running.case_ids):
            a_wall(session, case_id, workers["walled"])
        declared(session, [worker.id for worker in workers.values()])
        _canaries(session, held, coming)
        _in_the_room(session, running)
    _moved(house, held.coordinator, held.case_ids[0])
    scene = Scene(house, workers, held=held.reference, coming=coming.reference, running=running.reference)
    scene.requests = _requests(house, workers)
    _sampled(house, coming.coordinator)
    _asked_for(house, held)
    with unit_of_work(house, actor_for(workers["idva"])) as session:
        actor = actor_for(workers["idva"])
        draft = a_referral(session, house, actor, reason={"what_happened": f"He said {SECRETS['draft']}."})
        draft.what_happened = f"He said {SECRETS['draft']}."
    with unit_of_work(house) as session:
        _a_calendar(session, held)
        scene.elsewhere = (a_meeting(session, programme=ProgrammeSlug.COMMUNITY_MARAC).reference,)
    _note(scene)
    return scene


def _requests(house: Deployment, workers: dict[str, Worker]) -> tuple[str, ...]:
    """Sanctuary requests of one agency, told in canaries: in the field, at approval, sent, and a draft."""
    people = {
        "requester": "requester", "officer": "sanctuary_officer", "surveyor": "crime_prevention_officer",
        "manager": "service_manager", "idva": "idva", "stranger": "outsider", "contractor": "contractor",
    }  # fmt: skip
    scheme = Scheme(house, **{name: workers[who] for name, who in people.items()})
    told = {"full_name": f"{SECRETS['survivor']} Moss", "street": SECRETS["home"], "why": SECRETS["why"]}
    with patched(told):
        field, cost, sent = a_permitted_request(scheme), a_permitted_request(scheme), a_sent_request(scheme)
        with scheme.work(scheme.requester) as session:
            draft = fill(session, scheme.requester, a_draft(session, scheme)).reference
    put_at(scheme, field, SanctuaryState.SURVEY_BOOKED)
    put_at(scheme, cost, SanctuaryState.APPROVAL)
    return field, cost, sent, draft


def _sampled(house: Deployment, coordinator: Worker) -> None:
    """A sample of what was heard, not answered yet."""
    today = clock.today()
    with unit_of_work(house, actor_for(coordinator)) as session:
        samples.draw_sample(session, actor_for(coordinator), samples.Asked(DA, today, today, 5, "seed"))


def _asked_for(house: Deployment, held: Any) -> None:
    """A request that one case was looked through for, with its agencies asked; and the case is held."""
    actor = actor_for(held.coordinator)
    asked = Asked(
        DisclosureKind.COURT, DisclosureStanding.AUTHORITY, DisclosureProof.OFFICIAL, requester="Family Court",
        received_on=clock.today(), scope="What the panel holds", basis="Order 7", due_on=clock.today(),
    )  # fmt: skip
    with unit_of_work(house, actor) as session:
        one = register.record_request(session, actor, DA, asked)
        register.choose_answer(session, actor, one, DisclosureAnswer.PASSAGES)
        case = session.get_one(Case, held.case_ids[0])
        victim = next(who for who in linking.people_of(session, case) if who.role == PersonRole.VICTIM)
        linking.link_case(session, actor, one, case.reference, [victim.id.hex])
        gathering.gather(session, actor, one)
        for row in session.scalars(select(DisclosurePassage).where(DisclosurePassage.agency_id.is_not(None))):
            row.shown = True
        owners.ask_owners(session, actor, one)
        holds.hold_case(session, actor, case, reason=HoldReason.COURT, because="Order 7")


def _moved(house: Deployment, coordinator: Worker, case_id: UUID) -> None:
    """A case sent to another area (which is this one, so that the file opens), and the same file come in."""
    actor = actor_for(coordinator)
    with unit_of_work(house) as session:
        areas.make_own_key(session, house.keyring, session.scalars(select(Partnership)).one())
        other, _ = area_keys.make_key(house.keyring.deployment_secret("other"), b"other")
    with unit_of_work(house, actor) as session:
        area = areas.add_area(session, actor, name="Leeds", public_key=other)
        areas.check_area(session, actor, area, by_phone=True)
        own = areas.need_own_key(session, actor)
        area.public_key = own.public_key
        move = Move(reason="Moved", contact="Ade Okafor", new_address=SECRETS["new address"])
        transfer = sending.send(session, actor, session.get_one(Case, case_id), area, move)
        receiving.upload(session, actor, sending.fetch(session, actor, transfer))


def _canaries(session: Any, held: Any, coming: Any) -> None:
    """Values that few may read, put where the pages read them."""
    case_ids = [*held.case_ids, *coming.case_ids]
    access.open_for("load", held.coordinator.partnership_id, case_ids)
    of_police = select(Research).where(Research.agency_id == held.police.agency_id, Research.case_id.in_(case_ids))
    for research in session.scalars(of_police):
        research.private_note = SECRETS["private note"]
        if research.case_id == coming.case_ids[0]:
            research.shared, research.fact_or_opinion = SECRETS["research not opened"], "fact"
            research.state = ResearchState.RETURNED
    victim = (CasePerson.role == PersonRole.VICTIM, CasePerson.case_id.in_(case_ids))
    for person in session.scalars(select(CasePerson).where(*victim)):
        person.full_name = f"{SECRETS['name']} Begum"
    of_cases = (Address.role == PersonRole.VICTIM, Address.case_id.in_(case_ids))
    for address in session.scalars(select(Address).where(*of_cases)):
        address.street = SECRETS["address"]
    of_cases = (ContactMethod.role == PersonRole.VICTIM, ContactMethod.case_id.in_(case_ids))
    for contact in session.scalars(select(ContactMethod).where(*of_cases)):
        contact.phone = SECRETS["phone"]


def _in_the_room(session: Any, running: Any) -> None:
    """What housing opened to the meeting, and what was typed in it."""
    access.open_for("load", running.coordinator.partnership_id, running.case_ids)
    item = running.item(session)
    mine = (Research.item_id == item.id, Research.agency_id == running.housing.agency_id)
    research = session.scalars(select(Research).where(*mine)).one()
    research.shared, research.fact_or_opinion = SECRETS["opened in the room"], "fact"
    research.state = ResearchState.RELEASED
    facts = {"partnership_id": item.partnership_id, "case_id": item.case_id, "item_id": item.id}
    session.add(
        MinuteNote(
            **facts, heading=MinuteHeading.VIEWS, text=SECRETS["said in the room"], saved_at=clock.now(),
            saved_by_id=running.coordinator.id,
        )
    )  # fmt: skip


def _a_calendar(session: Any, held: Any) -> None:
    """A series of meetings and a closure day."""
    actor = actor_for(held.coordinator)
    weekly = Recurrence(SeriesRule.EVERY_K_WEEKS, 2, clock.today())
    scheduling.save_series(
        session, actor, Pattern(ProgrammeSlug.DA_MARAC, weekly, time(9, 30), 10, 15, MeetingPlace.HYBRID)
    )
    closure_days.add_closure_day(session, actor, offset(clock.today(), "D+90"), note="Council closed")


def _note(scene: Scene) -> None:
    """What the arguments of addresses may be: references by noun, ids by their name."""
    with scene.house.reader() as session:

        def ids(model: Any) -> list[str]:
            return [one.hex for one in session.scalars(select(model.id))]

        scene.found = {
            "cases reference": list(session.scalars(select(Case.reference))),
            "panels reference": list(session.scalars(select(Meeting.reference))),
            "minutes reference": list(session.scalars(select(Meeting.reference))),
            "research reference": list(session.scalars(select(Meeting.reference))),
            "referrals reference": list(session.scalars(select(Referral.reference))),
            "case_reference": list(session.scalars(select(Case.reference))),
            "action_id": ids(Action)[:2], "item_id": ids(AgendaItem), "research_id": ids(Research)[:4],
            "person_id": ids(CasePerson)[:2], "number": ["1"], "incident_id": [UUID(int=7).hex],
            "sample_id": ids(SampleAudit), "sampled_id": ids(SampledCase),
            "asked_as": [f"phone-{ids(ContactMethod)[0]}"],
            "user_id": [scene.workers["housing"].id.hex], "membership_id": [scene.workers["housing"].membership_id.hex],
            "session_id": [uuid4().hex], "place_id": [uuid4().hex, *ids(Address)[:1]], "referrer_id": [uuid4().hex],
            "paper_id": [uuid4().hex], "telling_id": ids(Telling)[:1], "transfer_id": ids(Transfer)[:1],
            "area_id": ids(OtherArea)[:1], "file_id": ids(TransferFile)[:1], "flag_id": [uuid4().hex],
            "series_id": ids(MeetingSeries),
            "disclosures reference": list(session.scalars(select(Disclosure.reference))),
            "disclosure_id": ids(Disclosure), "passage_id": ids(DisclosurePassage)[:1], "hold_id": ids(CaseHold),
            "passkey_id": [uuid4().hex], "reset_id": [uuid4().hex],
            "alert_id": [uuid4().hex], "wall_id": ids(Wall)[:1], "glass_id": [uuid4().hex],
            "sanctuary reference": list(scene.requests), "months": [1], "jobs token": [uuid4().hex],
            "line_id": [uuid4().hex], "photo_id": [uuid4().hex], "order_id": [uuid4().hex], "visit_id": [uuid4().hex],
            "admin reference": list(session.scalars(select(Case.reference))),
            "agency_id": ids(Agency)[:1], "delegation_id": [uuid4().hex], "request_id": [uuid4().hex],
            "attestation_id": [uuid4().hex], "pass_id": [uuid4().hex],
            "day_id": [one.hex for one in session.scalars(select(Setting.id).where(Setting.key == "closure_days"))],
        }  # fmt: skip


def a_foreign_coordinator(scene: Scene) -> Any:
    """The browser of the coordinator of another partnership on the same machine. Comes after all that is built here."""
    with unit_of_work(scene.house) as session:
        other = found_partnership(session, scene.house.keyring, slug="zz-elsewhere", name="Elsewhere")
        its_own = (Agency.partnership_id == other.id, Agency.slug == "vawg_team")
        session.scalars(select(Agency).where(*its_own)).one().slug = "vawg_elsewhere"
        session.flush()
        scene.workers["foreigner"] = a_user(session, scene.house, Role.COORDINATOR, "vawg_elsewhere")
    return scene.client("foreigner")


def token_of(client: Any) -> str:
    """The form token of this browser, from any page with a form."""
    page = client.get("/account", base_url="https://localhost").get_data(as_text=True)
    return re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page).group(1)


SAME_SITE = {"base_url": "https://localhost", "headers": {"Referer": "https://localhost/"}}


def form(token: str, **fields: Any) -> dict[str, Any]:
    """What every form of ours carries, and what is typed."""
    return {"csrf_token": token, "once_key": uuid4().hex, **fields}


def counted(house: Deployment) -> Any:
    """A list that grows by every statement the deployment's database runs from now on."""
    statements: list[str] = []
    event.listen(house.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    return statements


def contents(house: Deployment) -> dict[str, str]:
    """Table -> hash of everything in it, but for the trail and when sessions were last seen."""
    with sqlite3.connect(house.settings.data / "casework.db") as connection:
        names = [row[0] for row in connection.execute("select name from sqlite_master where type = 'table'")]
        return {
            name: hashlib.sha256(
                repr(sorted(map(repr, connection.execute(f"select * from {name}")))).encode()
            ).hexdigest()
            for name in names
            if name not in AUDIT
        }


def settled(body: bytes, *replaced: str) -> bytes:
    """A page without what changes from one request to the next, and without the reference that was asked for."""
    for text in replaced:
        body = body.replace(text.encode(), b"THIS")
    return CHANGING.sub(b"", body)


def filled(page: str, action: str, token: str, choice: str = "") -> dict[str, Any]:
    """What a browser would send of the form with this address: what is hidden in it, and one choice made."""
    start = page.index(f'action="{action}"')
    tags = re.findall(r"<(?:input|button)[^>]*>", page[start : page.index("</form>", start)])
    attributes = [dict(re.findall(r'(name|value|type)="([^"]*)"', tag)) for tag in tags]
    sent = {
        one["name"]: one.get("value", "")
        for one in attributes
        if "name" in one and (one.get("type") == "hidden" or (choice and one.get("value") == choice))
    }
    return sent | {"csrf_token": token, "once_key": uuid4().hex}
