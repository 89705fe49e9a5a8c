"""What the demo holds is nowhere in the clear: not in the database, its journal, the key store, the logs or a mail.

Every value is looked for in every encoding in which it could lie there; the search is shown to find what is planted.
"""

import base64
import io
import logging
import re
import socket
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import select

from marac import access, clock
from marac.access import Actor
from marac.crypto import area_keys
from marac.jobs import tick
from marac.models import Case, Meeting, Membership, Partnership, Referral, Transfer
from marac.services import demo
from marac.services.casework import cases
from marac.services.clockwork import reminders, timed
from marac.services.keeping.deployment import Deployment, set_up, unit_of_work
from marac.services.knowing import finding
from marac.services.meetings import agenda, panels
from marac.services.referring import inbox
from marac.services.transfers import areas, sending
from marac.services.transfers.sending import Move
from marac.vocabulary import CaseState, DocumentKind, Permission, ProgrammeSlug, Role
from tests.attacks.scene import SAME_SITE, form, token_of
from tests.builders import Worker, signed_in
from tests.conftest import settings_in

PAGES = ("/today", "/referrals", "/cases", "/actions", "/account")
NEW_ADDRESS = "Cobalt Orchard Mews 31"  # typed for another area alone; kept nowhere
ENVELOPE = re.compile(
    rb"/(?:Author|Subject|Keywords|Creator)\s*(?:\(.*?\)|<[0-9A-Fa-f]*>)|<x:xmpmeta.*?</x:xmpmeta>", re.DOTALL
)


class Post:
    """A mail server that keeps what it is given, as it came over the wire."""

    def __init__(self) -> None:
        self.received: list[tuple[list[str], bytes]] = []

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - the library's own name
        self.received.append((envelope.rcpt_tos, envelope.content))
        return "250 kept"


class Kept(logging.Handler):
    """Everything that was logged, formatted as a log file would hold it; not what the test's mail server says."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.name != "mail.log":
            self.lines.append(self.format(record))


@pytest.fixture(scope="module")
def used(tmp_path_factory) -> Iterator[tuple[Deployment, str, list[tuple[list[str], bytes]], list[dict[str, str]]]]:
    """A month of the demo, loaded, read, printed, sent on and mailed about: deployment, log, mails, values."""
    post, kept = Post(), Kept()
    port = _free_port()
    server = Controller(post, hostname="127.0.0.1", port=port)
    server.start()
    root, engine = logging.getLogger(), logging.getLogger("sqlalchemy.engine")
    levels = root.level, engine.level
    root.addHandler(kept)
    root.setLevel(logging.DEBUG)
    engine.setLevel(logging.INFO)
    house = set_up(settings_in(tmp_path_factory.mktemp("leaks"), smtp_url=f"smtp://127.0.0.1:{port}?starttls=never"))
    try:
        demo.load(house, scale="month", seed=4)
        held = demo.facts(house)
        _work(house, held)
        _taken_out(house)
        tick(house, "leaks")
        yield house, "\n".join(kept.lines), post.received, held
    finally:
        root.removeHandler(kept)
        root.setLevel(levels[0])
        engine.setLevel(levels[1])
        server.stop()
        house.close()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def _work(house: Deployment, held: list[dict[str, str]]) -> None:
    """Read, search and look at pages as people do; be refused; have messages written and sent."""
    with unit_of_work(house) as session:
        actor = _coordinator(session)
        for which in ("waiting", "decided"):
            inbox.list_referrals(session, actor, which)
        for meeting in panels.list_meetings(session, actor)[0]:
            agenda.view_agenda(session, actor, meeting.meeting)
        cases.list_cases(session, actor)
        for fact in [fact for fact in held if fact["kind"] == "name"][:3]:
            finding.find(session, actor, name=fact["value"])
    browser = signed_in(house, _worker(actor)).http
    for fact in held[:20]:
        browser.get("/cases/" + quote(fact["value"], safe=""), base_url=house.settings.base_url)
    opened = [browser.get(page, base_url=house.settings.base_url).status_code for page in PAGES]
    assert 200 in opened, "pages were looked at"
    with unit_of_work(house) as session:
        partnership_id = session.scalars(select(Partnership.id)).one()
        actor = access.system(partnership_id)
        assert timed.warn_overdue(session, actor) + reminders.remind(session, actor) > 0
    assert timed.deliver_in(house, partnership_id, house.settings.smtp_url or "") > 0


def _taken_out(house: Deployment) -> None:
    """A case goes to another area, in a sealed file; somebody prints what there is of every meeting, and fails to."""
    with unit_of_work(house) as session:
        actor = _coordinator(session)
        areas.make_own_key(session, house.keyring, session.scalars(select(Partnership)).one())
        other, _ = area_keys.make_key(house.keyring.deployment_secret("other"), b"other")
    with unit_of_work(house, actor) as session:
        area = areas.check_area(
            session, actor, areas.add_area(session, actor, name="Leeds", public_key=other), by_phone=True
        )
        heard = access.visible(actor, Permission.TRANSFER_SEND, Case).where(Case.state == CaseState.ISSUED)
        move = Move(reason="Moved", contact="Ade Okafor", new_address=NEW_ADDRESS)
        sending.fetch(session, actor, sending.send(session, actor, session.scalars(heard.limit(1)).one(), area, move))
    assert list(_made_by(house, _worker(actor)))


def _made_by(house: Deployment, worker: Worker) -> Iterator[tuple[str, bytes]]:
    """(headers, content) of every document, calendar and sealed file that this person can take out."""
    browser, home = signed_in(house, worker).http, {"base_url": house.settings.base_url}
    with house.reader() as session:
        rows = session.execute(
            select(Meeting.state, Meeting.reference).where(Meeting.programme == ProgrammeSlug.DA_MARAC)
        )
        meetings = {one.state: one.reference for one in rows}.values()  # one at each stage
        transfers = session.scalars(select(Transfer.id)).all()
    token = token_of(browser)
    paths = [f"/transfers/{one}/file" for one in transfers]
    for reference in meetings:
        paths.append(f"/panels/{reference}/calendar.ics")
        for kind in DocumentKind:
            for word in ({}, {"in_word": "y"}):
                data = form(token, kind=kind.value, **word)
                answer = browser.post(f"/panels/{reference}/documents", data=data, **SAME_SITE)
                if answer.status_code == 200:
                    yield str(answer.headers), answer.data
    for path in paths:
        answer = browser.get(path, **home)
        yield str(answer.headers), answer.data


def _coordinator(session) -> Actor:
    membership = session.scalars(
        select(Membership)
        .where(
            Membership.role == Role.COORDINATOR, Membership.programme.is_distinct_from(ProgrammeSlug.COMMUNITY_MARAC)
        )
        .order_by(Membership.id)
        .limit(1)
    ).one()
    return Actor(
        partnership_id=membership.partnership_id, role=membership.role, user_id=membership.user_id,
        agency_id=membership.agency_id, programmes=frozenset({ProgrammeSlug.DA_MARAC}), stepped_up_at=clock.now(),
        membership_id=membership.id,
    )  # fmt: skip


def _worker(actor: Actor) -> Worker:
    """The same person as somebody who signs in."""
    assert actor.user_id
    assert actor.membership_id
    assert actor.agency_id
    return Worker(
        actor.user_id, actor.partnership_id, actor.membership_id, actor.agency_id, actor.role, None, "", "", ""
    )


# -- the search --------------------------------------------------------------------------------------------------------


def plain_forms(value: str) -> set[bytes]:
    """A value in the encodings that letters in either case can be found in, folded as the content is."""
    texts = {value, value.lower(), value.upper()}
    forms = {quote(value, safe=""), quote_plus(value), value.encode("unicode_escape").decode()}
    forms |= {text.encode().hex() for text in texts}
    encoded = {form.encode() for form in forms}
    for text in texts | {text[::-1] for text in texts}:
        encoded |= {text.encode(encoding) for encoding in ("utf-8", "utf-16-le", "utf-16-be")}
    return {form.lower() for form in encoded}


def base64_forms(value: str) -> Iterator[bytes]:
    """A value inside base64 at each of its three alignments, less the letters that its neighbours decide."""
    for raw in {value.encode(), value.lower().encode(), value.upper().encode()}:
        for lead in range(3):
            coded = base64.b64encode(b"\0" * lead + raw)
            yield coded[(0, 2, 3)[lead] : len(coded) - (0, 3, 2)[(lead + len(raw)) % 3]]


def found_in(content: bytes, values: list[str]) -> list[str]:
    """The values that lie in the content in any form."""
    small, coded = content.lower(), content.replace(b"-", b"+").replace(b"_", b"/")
    return [
        value
        for value in values
        if any(form in small for form in plain_forms(value)) or any(form in coded for form in base64_forms(value))
    ]


def files_of(house: Deployment) -> list[Path]:
    """Every file of the deployment: database, journal, key store, root key."""
    data = house.settings.data
    return [
        path for folder in (data, data.with_name(data.name + "-root")) for path in folder.rglob("*") if path.is_file()
    ]


# -- what is asked -----------------------------------------------------------------------------------------------------


def test_the_demo_names_200_values_of_every_kind_long_enough_to_be_told_from_chance(used):
    held = used[3]
    assert len(held) == 200
    assert len({fact["value"].casefold() for fact in held}) == 200
    assert min(len(fact["value"]) for fact in held) >= 6
    kinds = {fact["kind"] for fact in held}
    assert {
        "name",
        "street",
        "postcode",
        "phone",
        "school",
        "code word",
        "private note",
        "minute",
        "staff email",
    } <= kinds


def test_no_value_lies_in_the_database_its_journal_or_the_key_store(used):
    house, _, _, held = used
    names = {path.name for path in files_of(house)}
    assert {"casework.db", "casework.db-wal", "keys.db", "root.key"} <= names
    for path in files_of(house):
        assert found_in(path.read_bytes(), [fact["value"] for fact in held]) == [], path.name


def test_no_value_lies_in_a_log(used):
    _, log, _, held = used
    assert "INSERT INTO case_person" in log, "the database was logged, without its parameters"
    assert found_in(log.encode(), [fact["value"] for fact in held]) == []


def test_no_value_lies_in_a_mail_but_the_address_it_goes_to(used):
    _, _, mails, held = used
    assert mails
    for recipients, content in mails:
        others = [fact["value"] for fact in held if fact["value"] not in recipients]
        assert found_in(content, others) == []
        assert b"domestic" not in content.lower()


def test_what_is_taken_out_says_nothing_on_its_envelope(used):
    """Headers, file names, the title and the properties of a document; all of a calendar file and of a sealed one."""
    house, _, _, held = used
    values = [fact["value"] for fact in held]
    with unit_of_work(house) as session:
        worker = _worker(_coordinator(session))
    kinds = Counter()
    for headers, content in _made_by(house, worker):
        outside = content
        if content.startswith(b"%PDF"):
            outside = b" ".join(one[0] for one in ENVELOPE.finditer(content))
            assert b"<dc:title>" in outside, "or this would prove nothing"
        elif content.startswith(b"PK"):
            with zipfile.ZipFile(io.BytesIO(content)) as parts:
                outside = b" ".join(parts.read(name) for name in parts.namelist() if name.startswith("docProps/"))
        assert found_in(headers.encode() + outside, [*values, NEW_ADDRESS, "MARAC", "domestic abuse"]) == [], headers
        kinds[content[:4]] += 1
    assert {b"%PDF", b"PK\x03\x04", b"BEGI", b"age-"} <= set(kinds), kinds


def test_what_is_typed_for_another_area_is_kept_nowhere(used):
    """The new address leaves in the sealed file alone (DA-34)."""
    house, log, mails, _ = used
    everything = [*(path.read_bytes() for path in files_of(house)), log.encode(), *(content for _to, content in mails)]
    assert [found_in(one, [NEW_ADDRESS]) for one in everything if found_in(one, [NEW_ADDRESS])] == []


# -- the search can fail -----------------------------------------------------------------------------------------------

FORMS = {
    "as it is": lambda text: text.encode(),
    "in capitals": lambda text: text.upper().encode(),
    "UTF-16": lambda text: text.encode("utf-16-le"),
    "UTF-16, the other way round": lambda text: text.encode("utf-16-be"),
    "hexadecimal": lambda text: text.encode().hex().upper().encode(),
    "in an address": lambda text: quote(text).encode(),
    "in a form": lambda text: quote_plus(text).encode(),
    "reversed": lambda text: text[::-1].encode(),
    "escaped": lambda text: text.encode("unicode_escape"),
    "base64": lambda text: base64.b64encode(text.encode()),
    "base64, one along": lambda text: base64.b64encode(b"x" + text.encode() + b"yz"),
    "base64, two along": lambda text: base64.b64encode(b"xy" + text.encode() + b"z"),
    "base64 for addresses": lambda text: base64.urlsafe_b64encode(b"?" + text.encode()),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("value", ["Małgorzata O'Brien", "E14 7OK", "07700 900123"])
def test_the_search_finds_a_planted_value(form, value):
    haystack = bytes(range(256)) * 40
    assert found_in(haystack, [value]) == []
    assert found_in(haystack + FORMS[form](value) + haystack, [value]) == [value]


def test_the_search_finds_a_value_that_a_plain_column_would_hold(used):
    house = used[0]
    with unit_of_work(house) as session:
        case = session.scalars(select(Case).limit(1)).one()
        reference = case.reference
        session.scalars(select(Referral).where(Referral.case_id == case.id)).first().reason_code = "planted-Amina-Begum"
    content = b"".join(path.read_bytes() for path in files_of(house))
    assert found_in(content, ["amina-begum"]) == ["amina-begum"]
    assert found_in(content, [reference]) == [reference], "references are plain on purpose"
