"""Somebody outside who was asked to refer: what they hold (a link, six digits), and their browser."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select

from marac.models import OutsideReferrer, SigninSession
from marac.services.keeping.deployment import Deployment, unit_of_work
from marac.services.referring import outside_links, outside_referrers
from marac.vocabulary import ProgrammeSlug, Role
from tests.builders import Worker, a_stranger, a_user, actor_for
from tests.web.page_client import PageClient

NAME, EMAIL, WORKS_AT = "Nadia Rahman", "nadia.rahman@surgery.example.org", "Elm Row Surgery"


@dataclass
class Outsider:
    """One person who was asked, and who asked them."""

    house: Deployment
    asker: Worker
    id: UUID
    account_id: UUID
    code: str

    def path(self) -> str:
        """The link of the mail that would leave now; earlier ones end."""
        with unit_of_work(self.house) as session:
            return outside_links.path_for(session, self.house.keyring, self.account_id)

    def row(self) -> OutsideReferrer:
        """How their row stands, detached."""
        with self.house.reader() as session:
            found = session.scalars(select(OutsideReferrer).where(OutsideReferrer.id == self.id)).one()
            session.expunge(found)
            return found

    def open_sessions(self) -> int:
        """In how many browsers they are now."""
        with self.house.reader() as session:
            mine = select(SigninSession).where(SigninSession.user_id == self.account_id)
            return len(session.scalars(mine.where(SigninSession.ended_at.is_(None))).all())

    def come_in(self, client: PageClient | None = None) -> tuple[PageClient, Any]:
        """A browser that opened a fresh link and typed the digits: (browser, the page they land on)."""
        browser = client or a_stranger(self.house)
        browser.get(self.path())
        return browser, browser.get("/start").fill_and_post({"code": self.code}, press="Continue")

    def new_code(self) -> str:
        """The digits that the asker is shown now."""
        with unit_of_work(self.house, actor_for(self.asker)) as session:
            actor = actor_for(self.asker)
            referrer = outside_referrers.get_referrer(session, actor, self.id)
            self.code = outside_referrers.show_code(session, actor, self.house.keyring, referrer)
            return self.code


def an_outsider(house: Deployment, asker: Worker | None = None, **facts: Any) -> Outsider:
    """Asked by a coordinator unless told, and told their digits."""
    with unit_of_work(house) as session:
        asker = asker or a_user(session, house, Role.COORDINATOR, "vawg_team")
    usual = {"full_name": NAME, "email": EMAIL, "organisation": WORKS_AT, "programme": ProgrammeSlug.DA_MARAC}
    with unit_of_work(house, actor_for(asker)) as session:
        referrer = outside_referrers.invite(session, actor_for(asker), house.keyring, **{**usual, **facts})
        found = Outsider(house, asker, referrer.id, referrer.account_id, "")
    found.new_code()
    return found
