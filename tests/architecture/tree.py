"""What the architecture tests look at: the files of this checkout, parsed. Judges nothing itself."""

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted(path for path in (ROOT / "marac").rglob("*.py") if "__pycache__" not in path.parts)
TEMPLATES = sorted(path for path in (ROOT / "templates").rglob("*") if path.is_file())


def short(path: Path) -> str:
    """The path as a person would type it at the top of the checkout."""
    return path.relative_to(ROOT).as_posix()


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), filename=str(path))


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Every function of a file as (file:name, lines from its `def` to its end)."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{short(path)}:{node.name}", node.end_lineno - node.lineno + 1


def percentile(values: list[int], share: float) -> int:
    """The smallest value that `share` of the values do not exceed."""
    return sorted(values)[max(0, -(-len(values) * int(share * 100) // 100) - 1)]


def kept_files() -> list[Path]:
    """Every file that is, or would be, committed."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]
