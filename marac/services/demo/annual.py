"""The typed figures of the demo's annual report: what the presentation of 2022-23 said, each marked as typed."""

from datetime import date

from sqlalchemy.orm import Session

from marac.models import EnteredFigure
from marac.services.demo.borough import Borough
from marac.services.demo.tables import at
from marac.vocabulary import Role
from marac.workflows.annual_figures import seed_values

YEAR, GIVEN_ON = 2022, date(2023, 4, 28)
SOURCE = "Community Safety Division presentation"
EARLIER = {"solace_people_supported": 612, "refuge_women": 88, "vawg_training_sessions": 97}


def write_figures(session: Session, borough: Borough) -> None:
    """Every typed figure of 2022-23, and three of the year before to stand beside them."""
    by = next((one.id for one in borough.workers if one.role is Role.SERVICE_MANAGER), None)
    for year, figures in ((YEAR, seed_values()), (YEAR - 1, EARLIER)):
        for key, value in figures.items():
            session.add(EnteredFigure(
                partnership_id=borough.id, year=year, key=key, value=str(value), facts={}, source=SOURCE,
                period=f"{year}-{(year + 1) % 100:02}", given_on=GIVEN_ON.replace(year=year + 1),
                entered_by_id=by, entered_at=at(GIVEN_ON.replace(year=year + 1), 10),
            ))  # fmt: skip
