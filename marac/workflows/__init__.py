"""Every life-cycle of the panel as a table. No database, no web, no clock: facts come in, a
transition or a refusal comes out."""

from marac.workflows.action import ACTION, FLAG
from marac.workflows.community_marac import COMMUNITY_MARAC
from marac.workflows.community_referral import COMMUNITY_REFERRAL
from marac.workflows.da_marac import DA_MARAC
from marac.workflows.disclosure import DISCLOSURE
from marac.workflows.engine import Workflow
from marac.workflows.fitting import FOLLOW_UP, VISIT, WORKS_ORDER
from marac.workflows.meeting import AGENDA_ITEM, MEETING
from marac.workflows.minutes import MINUTES
from marac.workflows.printing import markdown
from marac.workflows.referral import REFERRAL
from marac.workflows.research import RESEARCH
from marac.workflows.retention import RETENTION
from marac.workflows.sanctuary import ADDRESS_FLAG, SANCTUARY
from marac.workflows.telling import TELLING

ALL = (
    REFERRAL, COMMUNITY_REFERRAL, DA_MARAC, COMMUNITY_MARAC, RESEARCH, MEETING, AGENDA_ITEM, MINUTES, ACTION, FLAG,
    TELLING, SANCTUARY, ADDRESS_FLAG, WORKS_ORDER, VISIT, FOLLOW_UP, DISCLOSURE,
    RETENTION,
)  # fmt: skip
WORKFLOWS: dict[str, Workflow] = {workflow.noun: workflow for workflow in ALL}


def page() -> str:
    """Every life-cycle as one Markdown page: what the README beside this file holds."""
    head = "# Life-cycles\n\nPrinted from `marac/workflows/` by `marac workflows show`. Edit a table, print again.\n"
    return "\n".join([head, *(markdown(workflow) for workflow in WORKFLOWS.values())])
