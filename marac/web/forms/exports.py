"""What is chosen about a file of the list of cases. Shape only."""

from marac.vocabulary import CaseState, DocumentReason
from marac.web import widgets

REASONS = [("", "Choose"), *((one.value, one.label) for one in DocumentReason)]
STAGES = [("", "All stages"), *((one.value, one.label) for one in CaseState if one is not CaseState.MERGED)]


class ExportForm(widgets.PageForm):
    """Form, stage and reason."""

    ending = widgets.choice_field(
        "File", [("xlsx", "Workbook"), ("csv", "CSV"), ("pdf", "PDF")], "Select the kind of file"
    )
    state = widgets.select_field("Stage", STAGES)
    reason = widgets.select_field("What it is for", REASONS, "Select what the file is for")
