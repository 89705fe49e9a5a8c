"""What time it is, in UTC and on the London calendar. Knows no deadlines and formats nothing.

Everything that needs the time asks here, so that a test moves one clock.
"""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")


def now() -> datetime:
    """This instant, aware, in UTC: what every `*_at` column holds."""
    return datetime.now(UTC)


def today() -> date:
    """The date on a wall calendar in London: what every `*_on` column holds."""
    return now().astimezone(LONDON).date()


def to_london(moment: datetime) -> datetime:
    """The same instant on a London clock. Refuses a time without a zone (ValueError): it could mean two instants."""
    if moment.tzinfo is None:
        raise ValueError("a time needs a zone before it can be shown on a London clock")
    return moment.astimezone(LONDON)
