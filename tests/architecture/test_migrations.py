"""Schema history is one line, and migrations/HEAD names its end, so that two branches of it cannot meet unseen."""

import ast

from alembic.config import Config
from alembic.script import ScriptDirectory

from tests.architecture.tree import ROOT, parsed, short

MIGRATIONS = ROOT / "migrations"
VERSIONS = sorted((MIGRATIONS / "versions").glob("*.py"))


def history() -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return ScriptDirectory.from_config(config)


def test_revisions_follow_one_another_in_the_order_of_their_numbers():
    revisions = list(reversed(list(history().walk_revisions())))
    assert revisions
    assert len(revisions) == len(VERSIONS)
    assert [revision.down_revision for revision in revisions] == [None, *(r.revision for r in revisions[:-1])]
    assert [int(path.name[:4]) for path in VERSIONS] == list(range(1, len(VERSIONS) + 1))


def test_head_names_the_newest_revision():
    newest = history().get_revision("head")
    named = (MIGRATIONS / "HEAD").read_text().strip()
    assert named in (newest.revision, VERSIONS[-1].stem, VERSIONS[-1].name)


def test_a_revision_never_imports_the_application():
    importing = [
        short(path)
        for path in VERSIONS
        for node in ast.walk(parsed(path))
        if (isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "marac")
        or (isinstance(node, ast.Import) and any(name.name.split(".")[0] == "marac" for name in node.names))
    ]
    assert importing == []
