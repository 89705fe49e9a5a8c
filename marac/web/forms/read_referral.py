"""A referral read from a file: the file, then every box that it answers, beside the line it came from.

The boxes are those of the parts themselves, so what they refuse is refused here too. Holds no rule.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from werkzeug.datastructures import MultiDict

from marac.web import widgets
from marac.web.forms import referral_facts, referrals as forms
from marac.workflows.form_proposals import Proposal

KINDS: Final[dict[str, Any]] = {
    "person": forms.PersonForm, "safe-contact": forms.SafeContactForm, "other-person": forms.OtherPersonForm,
    "children": forms.ChildForm, "reason": forms.ReasonForm, "sharing": forms.SharingForm,
    "referrer": forms.ReferrerForm, "equality": forms.EqualityForm,
}  # fmt: skip
MOST: Final = {"children": 12, "other-person": 4}
WHO: Final = ("full_name", "not_known", "aliases", "born_on", "approximate_age", "sex")  # before where they live
TICKS: Final = "use"
RULES: Final = "rules"


class FileForm(widgets.PageForm):
    """The form somebody filled in."""

    file = widgets.file_field("The form", "Select a file", "PDF or Word (.docx). 10MB or smaller.")


class TakeForm(widgets.PageForm):
    """What the page carries from the file, signed; the boxes are beside it."""

    read = widgets.hidden_field()
    links: Sequence[Mapping[str, str]] = ()  # of the error summary, from all boxes


@dataclass(frozen=True, slots=True)
class Line:
    """Where a value was read."""

    source: str
    place: str
    sure: bool


@dataclass(slots=True)
class Group:
    """One part of the referral, or one child or other person: its form, and the boxes of it that were proposed."""

    part: str
    index: int
    form: Any
    lines: dict[str, Line]
    ticked: set[str] = field(default_factory=set)

    def key(self, name: str) -> str:
        """What a box is called on the page."""
        return str(self.form[name].name)

    def check(self) -> list[dict[str, str]]:
        """Look at what is ticked, and answer with the lines of the error summary."""
        for name in self.lines:
            own = getattr(type(self.form), f"validate_{name}", None)
            if name in self.ticked:
                self.form[name].validate(self.form, [own] if own else [])
            else:
                self.form[name].errors = ()
        return widgets.error_links(self.form) if self.form.errors else []

    def facts(self) -> dict[str, Any]:
        """What was taken, as the services take it."""
        for box in self.form:
            if box.name not in {self.key(name) for name in self.ticked}:
                box.data = None if not isinstance(box.data, str) else ""
        wanted = {RULES if name.startswith("way_") else name for name in self.ticked}
        facts = {name: value for name, value in referral_facts.to_facts(self.form).items() if name in wanted}
        return {name: value for name, value in facts.items() if value not in (None, "", [], {})}


def fits(one: Proposal) -> bool:
    """Whether the referral has a box for it."""
    kind = KINDS.get(one.part)
    return kind is not None and hasattr(kind, one.name) and one.index < MOST.get(one.part, 1)


def groups(lines: Mapping[tuple[str, int, str], Line], typed: MultiDict[str, str]) -> list[Group]:
    """The parts in the order of the referral, holding what was read or typed."""
    found: list[Group] = []
    for part, kind in KINDS.items():
        for index in sorted({at for named, at, _name in lines if named == part}):
            mine = {name: line for (named, at, name), line in lines.items() if (named, at) == (part, index)}
            form = kind(formdata=typed, prefix=f"{part}-{index}", meta={"csrf": False})
            order = [box.name.removeprefix(f"{part}-{index}-") for box in form]
            held = {name: mine[name] for name in (*WHO, *order) if name in mine}
            group = Group(part, index, form, held)
            group.ticked = {name for name in held if group.key(name) in typed.getlist(TICKS)}
            found.append(group)
    return found


def as_typed(proposals: Sequence[Proposal]) -> MultiDict[str, str]:
    """What was read, as the page would send it; what is sure is ticked."""
    typed: MultiDict[str, str] = MultiDict()
    for one in proposals:
        key = f"{one.part}-{one.index}-{one.name}"
        for text in one.typed:
            typed.add(key, text)
        if one.sure:
            typed.add(TICKS, key)
    return typed


def rows(group: Group) -> Iterator[tuple[Any, Line, str, bool]]:
    """For the page: each box with its line, its key, and whether it is ticked."""
    for name, line in group.lines.items():
        yield group.form[name], line, group.key(name), name in group.ticked
