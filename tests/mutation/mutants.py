"""The small wrong changes (mutants) that a careful test suite must notice. Changes no file: it hands out altered trees.

Left alone: docstrings, annotations, decorators' arguments, `__repr__`, logging, words (a changed word is a slip of
the pen, not a hole) and what a refusal says.
"""

import ast
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

Shape = type[ast.AST]
COMPARES: dict[Shape, tuple[Shape, ...]] = {
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
SUMS: dict[Shape, Shape] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
    ast.BitXor: ast.BitAnd,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.And: ast.Or,
    ast.Or: ast.And,
}
HARMLESS = ("log.", "logger.", "logging.", "_log.", "LOG.")
KEPT_DECORATORS = (
    "property",
    "classmethod",
    "staticmethod",
    "contextmanager",
    "dataclass",
    "cache",
    "lru_cache",
    "overload",
)
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Mutant:
    """One change: the `nth` node of the file in `ast.walk`'s order, by its `variant`-th replacement."""

    path: str
    line: int
    last_line: int
    nth: int
    variant: int
    operator: str
    before: str
    after: str
    function: (
        tuple[str, int] | None
    )  # the outermost function around it, (qualified name, first line); None: runs on import

    def __str__(self) -> str:
        return f"{self.path}:{self.line} {self.operator}: `{self.before}` -> `{self.after}`"


def mutants(root: Path, path: str) -> Iterator[Mutant]:
    """Every mutant of a file, in a fixed order."""
    tree = ast.parse((root / path).read_text("utf-8"))
    skipped = {id(node) for node in _left_alone(tree)}
    around = _places(tree)
    for nth, node in enumerate(ast.walk(tree)):
        if id(node) in skipped or id(node) not in around:
            continue
        function, statement = around[id(node)]
        for variant, (operator, changed) in enumerate(_variants(node)):
            yield Mutant(
                path,
                getattr(node, "lineno", statement[0]),
                max(statement[1], getattr(node, "lineno", 0)),
                nth,
                variant,
                operator,
                _said(node),
                _said(changed),
                function,
            )


def mutated(root: Path, mutant: Mutant) -> ast.Module:
    """The file's tree with this one change; line numbers stay."""
    tree = ast.parse((root / mutant.path).read_text("utf-8"))
    nodes = list(ast.walk(tree))
    node = nodes[mutant.nth]
    changed = [replacement for _, replacement in _variants(node)][mutant.variant]
    ast.copy_location(changed, node)
    for parent in nodes:
        for name, held in ast.iter_fields(parent):
            if held is node:
                setattr(parent, name, changed)
            elif isinstance(held, list):
                held[:] = [changed if child is node else child for child in held]
    return ast.fix_missing_locations(tree)


def sample(root: Path, package: str, count: int, seed: int) -> list[Mutant]:
    """`count` mutants of a package, the same for the same files and seed; all of them where there are fewer."""
    files = sorted(path.relative_to(root).as_posix() for path in (root / package).rglob("*.py"))
    every = [mutant for path in files for mutant in mutants(root, path)]
    chosen = random.Random(f"{seed} {package}").sample(range(len(every)), min(count, len(every)))
    return [every[place] for place in sorted(chosen)]


def _said(node: ast.AST) -> str:
    return " ".join(ast.unparse(node).split())[:160]


def _variants(node: ast.AST) -> list[tuple[str, ast.AST]]:
    """(operator, what stands in the node's place) for every change of this node."""
    if isinstance(node, ast.Compare):
        return _comparisons(node)
    if isinstance(node, ast.BoolOp):
        return [("and/or", ast.BoolOp(SUMS[type(node.op)](), node.values))]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return [("not", node.operand)]
    if isinstance(node, ast.BinOp) and type(node.op) in SUMS:
        return [("arithmetic", ast.BinOp(node.left, SUMS[type(node.op)](), node.right))]
    if isinstance(node, ast.AugAssign) and type(node.op) in SUMS:
        return [("arithmetic", ast.AugAssign(node.target, SUMS[type(node.op)](), node.value))]
    if isinstance(node, ast.Constant):
        return _constants(node)
    if isinstance(node, ast.Slice):
        lower = [("slice", ast.Slice(None, node.upper, node.step))] if node.lower else []
        return lower + ([("slice", ast.Slice(node.lower, None, node.step))] if node.upper else [])
    if isinstance(node, Function):
        return _decorators(node)
    return _statements(node)


def _comparisons(node: ast.Compare) -> list[tuple[str, ast.AST]]:
    changed: list[tuple[str, ast.AST]] = []
    for place, op in enumerate(node.ops):
        for other in COMPARES[type(op)]:
            ops = [*node.ops[:place], other(), *node.ops[place + 1 :]]
            changed.append(("comparison", ast.Compare(node.left, ops, node.comparators)))
    return changed


def _constants(node: ast.Constant) -> list[tuple[str, ast.AST]]:
    if isinstance(node.value, bool):
        return [("constant", ast.Constant(not node.value))]
    return [("constant", ast.Constant(node.value + 1))] if isinstance(node.value, int) else []


def _decorators(node: Function) -> list[tuple[str, ast.AST]]:
    changed: list[tuple[str, ast.AST]] = []
    for decorator in node.decorator_list:
        name = ast.unparse(decorator.func if isinstance(decorator, ast.Call) else decorator)
        if name.rpartition(".")[2] in (*KEPT_DECORATORS, "setter"):
            continue
        fields = dict(ast.iter_fields(node))
        fields["decorator_list"] = [other for other in node.decorator_list if other is not decorator]
        changed.append(("decorator", type(node)(**fields)))
    return changed


def _statements(node: ast.AST) -> list[tuple[str, ast.AST]]:
    if isinstance(node, ast.Return) and node.value is not None and _said(node.value) not in ("None", "False"):
        return [("return", ast.Return(ast.Constant(None)))]
    if isinstance(node, ast.Raise):
        return [("raise removed", ast.Pass())]
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        return [("call removed", ast.Pass())]
    if isinstance(node, ast.If):
        return [("condition", ast.If(ast.Constant(held), node.body, node.orelse)) for held in (True, False)]
    if isinstance(node, ast.IfExp):
        return [("condition", ast.IfExp(ast.Constant(held), node.body, node.orelse)) for held in (True, False)]
    if isinstance(node, ast.comprehension) and node.ifs:
        return [("condition", ast.comprehension(node.target, node.iter, [], node.is_async))]
    return []


def _left_alone(tree: ast.Module) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        whole = isinstance(node, Function) and node.name == "__repr__"
        whole |= isinstance(node, ast.If) and "TYPE_CHECKING" in _said(node.test)
        whole |= isinstance(node, ast.Expr) and (
            _said(node).startswith(HARMLESS) or isinstance(node.value, ast.Constant)
        )
        if whole:
            yield from ast.walk(node)
        for name in ("annotation", "returns", "exc"):  # a raise is removed whole; what it says is not altered
            inner = getattr(node, name, None)
            if isinstance(inner, ast.AST):
                yield from ast.walk(inner)
        for decorator in getattr(node, "decorator_list", []):
            yield from ast.walk(decorator)


def _places(tree: ast.Module) -> dict[int, tuple[tuple[str, int] | None, tuple[int, int]]]:
    """For every node: the outermost function whose body holds it, and the lines of its statement or of its head."""
    found: dict[int, tuple[tuple[str, int] | None, tuple[int, int]]] = {}

    def visit(node: ast.AST, name: str, function: tuple[str, int] | None, span: tuple[int, int]) -> None:
        if isinstance(node, ast.stmt):
            body = getattr(node, "body", None)
            last = max(node.lineno, body[0].lineno - 1) if body else node.end_lineno or node.lineno
            span = (node.lineno, last)
        found[id(node)] = (function, span)
        inner = (
            f"{name}.{node.name}" if isinstance(node, Function | ast.ClassDef) and name else getattr(node, "name", name)
        )
        first = min([node.lineno, *(one.lineno for one in node.decorator_list)]) if isinstance(node, Function) else 0
        body = {id(statement) for statement in node.body} if isinstance(node, Function) else set()
        for child in ast.iter_child_nodes(node):
            held = (inner, first) if id(child) in body and function is None else function
            visit(child, inner if isinstance(node, ast.ClassDef | Function) else name, held, span)

    visit(tree, "", None, (1, 1))
    return found
