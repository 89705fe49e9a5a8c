"""The referral and the risk checklist to print and fill in by hand, in the order of the screens. Holds nobody."""

from typing import Any

import yaml

from marac.paths import DATA
from marac.services.minuting.document_blocks import Block, Content, heading, new_page, text, to_tick, to_write

SECTIONS: tuple[tuple[str, tuple[tuple[str, int], ...]], ...] = (
    ("Why you are referring", (("What happened, and when", 4), ("Why you think the risk is high", 3))),
    (
        "The person",
        (("Name, and other names", 1), ("Date of birth", 1), ("Language and interpreter", 1), ("Needs", 2)),
    ),
    (
        "Safe contact",
        (("How, when and through whom to make contact", 2), ("What must never be done", 2), ("Date checked", 1)),
    ),
    ("Children", (("Names, ages and schools of children", 4), ("Unborn child", 1))),
    ("The other person", (("Name, and other names", 1), ("Date of birth", 1), ("Where they are now", 2))),
    ("Sharing and consent", (("What the person said about sharing", 2), ("Why, if you share without consent", 2))),
    ("What they want", (("The person's own words", 3),)),
    ("You", (("Your name, agency, phone and e-mail", 2), ("Date", 1))),
)


def blank_referral() -> Content:
    """Referral first, then the 24 questions with their three answers."""
    blocks: list[Block] = [text("In an emergency call 999. Send this only in a secure way.")]
    for title, boxes in SECTIONS:
        blocks += [heading(title), *(to_write(label, lines) for label, lines in boxes)]
    return Content("Referral and risk checklist", (*blocks, new_page(), *_checklist()))


def _checklist() -> list[Block]:
    tool: dict[str, Any] = yaml.safe_load((DATA / "checklists" / "dash_ric.yaml").read_text("utf-8"))
    blocks: list[Block] = [heading(f"Risk checklist, version {tool['version']}")]
    for group in tool["groups"]:
        blocks.append(heading(group["label"], 3))
        asked = [item for item in tool["items"] if item["group"] == group["key"]]
        blocks += [to_tick(f"{one['number']}. {one['label']}", "Yes", "No", "Don't know") for one in asked]
    return [*blocks, to_write("What was said, by number", 8), to_write("Your own judgement", 4)]
