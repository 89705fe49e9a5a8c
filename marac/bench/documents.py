"""An agenda pack of twenty cases drawn as one tagged PDF, against half a second. Draws; reads no case."""

from time import sleep
from typing import Any

from marac.bench.place import Place
from marac.bench.timing import Race
from marac.services.minuting import document_blocks as blocks, pdf

CASES = 20
GOAL = 0.5  # seconds
WORDS = "Threats to kill since she left; he waits outside the school run and has found her new number twice. " * 3
FRAME: dict[str, Any] = {
    "title": "Agenda, Wednesday 12 November 2025", "marking": "OFFICIAL-SENSITIVE. Personal data.", "copy": "7F3A",
    "for_whom": "Ade Okafor, Coordination", "made": "Wednesday 12 November 2025, 9:30am",
    "destroy_on": "Wednesday 10 December 2025", "watermark": "Ade Okafor. Copy 7F3A", "size": 10.5, "flipped": False,
    "wide_margin": True,
}  # fmt: skip


def pack(cases: int) -> dict[str, Any]:
    """An agenda of so many cases and a page for each, as blocks."""
    lines = [["12:30pm", f"K7D-{n:02}Q", "A. B.", "Repeat", "Solace, Probation"] for n in range(cases)]
    made = [blocks.table(("Time", "Reference", "Initials", "Marks", "Also invited"), lines, (4, 4, 4, 4, 8))]
    for number in range(cases):
        made += [blocks.new_page(), blocks.heading(f"K7D-{number:02}Q A. B."), blocks.heading("To ask", 3)]
        made += [blocks.bullets([WORDS] * 3), blocks.facts(*[(f"Fact {n}", WORDS) for n in range(8)])]
    return {**FRAME, "blocks": made}


def races(_place: Place) -> list[Race]:
    """What people feel is a time: the rival waits half a second, and the ratio is the share that is used."""
    facts = pack(CASES)

    def drawn() -> None:
        pdf.render(facts)

    def waited() -> None:
        sleep(GOAL)

    return [Race(f"documents: agenda pack of {CASES} cases as tagged PDF against half a second", 1.0, drawn, waited)]
