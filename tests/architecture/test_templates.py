"""Templates decide nothing and let nothing through: no role checks, no unescaped value, nothing that the CSP blocks."""

import re
from collections.abc import Iterator

from jinja2 import Environment, nodes

from marac.vocabulary import Role
from tests.architecture.tree import TEMPLATES, short

PAGES = [path for path in TEMPLATES if path.suffix in (".html", ".svg")]
ROLES = {role.value for role in Role} | {role.name for role in Role}


def parsed_pages() -> Iterator[tuple[str, nodes.Template]]:
    environment = Environment(autoescape=True)
    for path in PAGES:
        yield short(path), environment.parse(path.read_text("utf-8"))


def decisions(page: nodes.Template) -> Iterator[nodes.Node]:
    """The condition of every if, and every comparison."""
    for node in page.find_all((nodes.If, nodes.CondExpr, nodes.Compare)):
        yield node.test if isinstance(node, nodes.If | nodes.CondExpr) else node


def asks_a_role(condition: nodes.Node) -> bool:
    within = [condition, *condition.find_all(nodes.Node)]
    return any(
        (isinstance(node, nodes.Const) and node.value in ROLES)
        or (isinstance(node, nodes.Name) and node.name == "Role")
        or (
            isinstance(node, nodes.Getattr)
            and node.attr in ("role", "roles")
            and isinstance(node.node, nodes.Name)
            and node.node.name in ("actor", "user", "viewer", "current_user")
        )
        for node in within
    )


def test_there_are_pages_to_look_at():
    assert PAGES
    assert ROLES


def test_no_template_switches_escaping_off():
    unescaped = [
        f"{name}:{node.lineno}"
        for name, page in parsed_pages()
        for node in page.find_all((nodes.Filter, nodes.EvalContextModifier, nodes.ScopedEvalContextModifier))
        if not isinstance(node, nodes.Filter) or node.name in ("safe", "forceescape_off")
    ]
    assert unescaped == []


def test_no_template_decides_by_role():
    deciding = sorted({name for name, page in parsed_pages() if any(map(asks_a_role, decisions(page)))})
    assert deciding == [], "buttons come from available(workflow, actor, subject), the table that enforces them"


def test_a_role_check_would_be_noticed():
    page = Environment(autoescape=True).parse("{% if actor.role == 'coordinator' %}x{% endif %}")
    assert any(map(asks_a_role, decisions(page)))


def test_no_template_holds_what_the_content_policy_blocks():
    blocked = re.compile(
        r"\sstyle\s*=|<style\b|\son[a-z]+\s*=\s*[\"']|javascript:|\bsrc\s*=\s*[\"']data:|<iframe\b", re.IGNORECASE
    )
    found = [
        f"{short(path)}:{number}"
        for path in PAGES
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if blocked.search(line)
    ]
    assert found == []


def test_scripts_are_files_never_text_in_a_page():
    inline = [short(path) for path in PAGES if re.search(r"<script\b(?![^>]*\bsrc=)", path.read_text("utf-8"))]
    assert inline == []
