"""Alembic: runs the numbered revisions on the connection handed in, or on MARAC_DATABASE_URL."""

from alembic import context

import marac.models  # noqa: F401 - mapped before metadata is read
from marac.config import load_settings
from marac.db import Base, make_engine


def run(connection) -> None:
    context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True, compare_type=False)
    with context.begin_transaction():
        context.run_migrations()


connection = context.config.attributes.get("connection")
if connection is not None:
    run(connection)
else:
    with make_engine(load_settings().database_url).connect() as own:
        run(own)
        own.commit()
