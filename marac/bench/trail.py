"""One audited thing in a transaction of its own, against one plain insert in one."""

from marac import audit, clock
from marac.bench.place import Place, PlainNote
from marac.bench.timing import Race
from marac.crypto import vault
from marac.services.keeping.deployment import commit

BODY = "x" * 420  # as long as an entry's body


def races(place: Place) -> list[Race]:
    """Full sync, as the application runs: the disk decides, and the chain should be free."""
    house, actor = place.house, place.actor

    def appended() -> None:
        with vault.unit(house.keyring), house.writer() as session:
            session.info["keyring"] = house.keyring
            audit.record(session, actor, "case:read", case_id=place.crowded_id, page="summary")
            commit(session, actor)

    def inserted() -> None:
        with house.writer() as session:
            case_id = place.crowded_id
            row = {"at": clock.now(), "tag": "case:read", "actor_id": actor.user_id, "case_id": case_id, "body": BODY}
            session.add(PlainNote(partnership_id=actor.partnership_id, **row))
            session.commit()

    return [Race("audit append against plain insert on SQLite", 1.1, appended, inserted, 4)]
