"""The action line of the Run screen: shown as it would be read, added, asked about, corrected.

Nothing is guessed and nothing typed is lost: a doubtful line comes back with what it could mean and small fields.
"""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, jsonify, request

from marac import clock
from marac.access import Actor
from marac.errors import NotFound, RuleBroken
from marac.models import AgendaItem
from marac.services.casework import safe_contact
from marac.services.live import assigning
from marac.vocabulary import Protects
from marac.web import run_page, warned, widgets
from marac.web.run_page import Asked
from marac.web.shell import weekday_date
from marac.workflows.action_line import Parsed
from marac.workflows.when import read_when

bp = Blueprint("run_line", __name__)
bp.register_error_handler(RuleBroken, run_page.agree_first)

LONGEST = 600
SMALL = {"agency": "agency", "text": "what", "due": "when"}
"""The part of a line that is missing -> the small field for it."""


@bp.post("/panels/<reference>/run/<int:number>/line")
def preview(reference: str, number: int) -> Any:
    """What an action line would become, in words; what it could mean; what it still needs. Adds nothing."""
    session, actor, item = run_page.posted_item(reference, number)
    asked = _read(session, actor, item, request.form.get("line", "")[:LONGEST])
    names = {agency.slug: agency.name for agency in assigning.list_owners(session, actor)}
    parsed = asked.parsed
    what = ": ".join(part for part in (" and ".join(names[slug] for slug in parsed.agencies), parsed.text) if part)
    understood = [what, weekday_date(parsed.due_on), *asked.problems.values()]
    return jsonify(
        words=". ".join(part for part in understood if part),
        choices=[one._asdict() for one in asked.choices],
        missing=SMALL[parsed.problems[0].field] if parsed.problems else "",
        fields=small_fields(parsed),
        safe=safe_contact.contact_rules(session, actor, item.case).short if parsed.reaches_victim else "",
    )


def small_fields(parsed: Parsed) -> dict[str, str]:
    """What was understood, for the small fields. An agency in doubt stays empty: it is asked, never preselected."""
    doubtful = any(problem.field == "agency" for problem in parsed.problems)
    agencies = "" if doubtful else ",".join(parsed.agencies)
    when = f"{parsed.due_on:%-d/%-m/%Y}" if parsed.due_on else ""
    return {"agency": agencies if "," not in agencies else "", "what": parsed.text, "when": when}


def add(session: Any, actor: Actor, item: AgendaItem, form: Any, _do: str = "") -> Any:
    """Add the action line when there is one, or the small fields when they are filled; Enter does this too."""
    line = form.line.data or ""
    if not line:
        return confirm(session, actor, item, form) if form.what.data and form.agency.data else None
    asked = _read(session, actor, item, line)
    if asked.parsed.problems:
        return _ask(session, actor, item, form, asked)
    _take_back(session, actor, item, form)
    made = assigning.assign_line(session, actor, item, asked.parsed, protects=Protects(form.protects.data))
    _told(made)
    return None


def choose(session: Any, actor: Actor, item: AgendaItem, form: Any, do: str) -> Any:
    """One of what a doubtful line could mean was pressed: the line then reads so, and is added if that was all."""
    asked, chosen = _read(session, actor, item, form.line.data or ""), widgets.whole(do.partition(":")[2])
    if chosen is not None and chosen < len(asked.choices):
        form.line.data = asked.choices[chosen].line
    return add(session, actor, item, form)


def confirm(session: Any, actor: Actor, item: AgendaItem, form: Any, _do: str = "") -> Any:
    """The action from its small fields."""
    when = read_when(form.when.data or "", clock.today(), assigning.next_panel_on(session, item.meeting))
    if form.when.data and (when is None or when.on is None):
        raise RuleBroken("when", when.problem if when else "Enter a real date")
    slugs = [slug for slug in (form.agency.data or "").split(",") if slug]
    _take_back(session, actor, item, form)
    made = assigning.assign_jointly(
        session, actor, item, slugs, text=form.what.data or "", due_on=when.on if when else None,
        protects=Protects(form.protects.data), contacts_victim=assigning.reaches_victim(form.what.data or ""),
    )  # fmt: skip
    _told(made)


def usual(session: Any, actor: Actor, item: AgendaItem, form: Any, do: str) -> Any:
    """Put an action of the library into the line, to be checked and added."""
    chosen = [one for one in assigning.list_usual(session, item) if one.key == do.partition(":")[2]]
    if not chosen:
        return None
    form.line.data, form.protects.data = chosen[0].line, chosen[0].protects.value
    form.version.data = None
    return run_page.redraw(session, actor, item, form)


def change(session: Any, actor: Actor, item: AgendaItem, form: Any, do: str) -> Any:
    """Put an agreed action back into the line; it is corrected when the line is added again."""
    action = _editing(session, actor, item, do.partition(":")[2])
    names = assigning.list_lines(session, actor, [(action, "")])
    form.line.data, form.protects.data, form.editing.data = (
        names.get(action.id, ""),
        action.protects.value,
        action.id.hex,
    )
    form.version.data = None
    return run_page.redraw(session, actor, item, form)


def _read(session: Any, actor: Actor, item: AgendaItem, line: str) -> Asked:
    parsed = assigning.read_line(session, actor, item, line)
    choices = assigning.list_choices(session, actor, line, parsed) if parsed.problems else ()
    return Asked(parsed, choices, {problem.field: problem.message for problem in parsed.problems})


def _ask(session: Any, actor: Actor, item: AgendaItem, form: Any, asked: Asked) -> Any:
    """Small fields for what is missing or doubtful, with what was understood in them."""
    parsed, fields = asked.parsed, small_fields(asked.parsed)
    form.agency.data, form.what.data, form.when.data = fields["agency"], fields["what"], fields["when"]
    if len(parsed.agencies) > 1 and "agency" not in asked.problems:
        names, several = dict(form.agency.choices), ",".join(parsed.agencies)
        form.agency.choices = [*form.agency.choices, (several, " and ".join(names[slug] for slug in parsed.agencies))]
        form.agency.data = several
    form.version.data = None
    return run_page.redraw(session, actor, item, form, asked)


def _take_back(session: Any, actor: Actor, item: AgendaItem, form: Any) -> None:
    """The action that this line corrects, if it corrects one."""
    if form.editing.data:
        assigning.take_back(session, actor, item, _editing(session, actor, item, form.editing.data))


def _editing(session: Any, actor: Actor, item: AgendaItem, name: str) -> Any:
    try:
        return assigning.get_agreed(session, actor, item, UUID(name))
    except ValueError:
        raise NotFound from None


def _told(made: Any) -> None:
    warned.of_words(made[0].case, {"Action": made[0].text or ""})
    words = "Action added" if len(made) == 1 else f"{len(made)} linked actions added"
    flash(f"{words}, due {weekday_date(made[0].due_on)}.", "success")
