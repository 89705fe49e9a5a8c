"""The product stays small enough to hold in the head. A budget is met by a better cut, never by a longer limit."""

import ast
import re

from tests.architecture.tree import MODULES, ROOT, TEMPLATES, functions, parsed, percentile, short

VAGUE = {"base", "common", "data", "helper", "helpers", "info", "manager", "misc", "tools", "util", "utils"}


def line_counts() -> dict[str, int]:
    return {short(path): len(path.read_text("utf-8").splitlines()) for path in MODULES}


def test_no_file_is_longer_than_400_lines_and_most_are_under_300():
    lines = line_counts()
    assert {name: count for name, count in lines.items() if count > 400} == {}
    assert percentile(list(lines.values()), 0.95) <= 300, sorted(lines.items(), key=lambda pair: -pair[1])[:10]


def test_no_function_is_longer_than_50_lines_and_most_are_under_30():
    lines = dict(pair for path in MODULES for pair in functions(path))
    assert {name: count for name, count in lines.items() if count > 50} == {}
    assert percentile(list(lines.values()), 0.95) <= 30, sorted(lines.items(), key=lambda pair: -pair[1])[:20]


def test_every_module_opens_by_saying_what_it_is_for():
    silent = [short(path) for path in MODULES if len(ast.get_docstring(parsed(path)) or "") < 20]
    assert silent == []


def test_files_and_classes_carry_the_fields_names_not_vague_ones():
    vague = [short(path) for path in MODULES if path.stem in VAGUE]
    vague += [
        f"{short(path)}:{node.name}"
        for path in MODULES
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.ClassDef) and re.search(r"(Helper|Manager|Utils?|Info)$", node.name)
    ]
    assert vague == []


def test_pages_are_at_most_80_lines():
    pages = [path for path in TEMPLATES if path.suffix == ".html" and path.parent.name != "components"]
    long = {short(path): count for path in pages if (count := len(path.read_text("utf-8").splitlines())) > 80}
    assert pages
    assert long == {}


def test_the_top_level_holds_only_what_the_layout_names():
    allowed = {"marac", "migrations", "templates", "tests", "vendor", "pyproject.toml", "run.py"}
    allowed |= {"README.md", "SECURITY.md", "LICENSE", "requirements.lock", "requirements-dev.lock"}
    made_here = {"data", "data-root", "dist", "build", "node_modules", "uv.lock", "test-results"}
    found = {path.name for path in ROOT.iterdir() if not path.name.startswith(".")}
    assert found - made_here - allowed == set()
    assert allowed - found == set()
