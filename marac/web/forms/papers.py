"""A paper to attach: the file, what it is, and what to call it."""

from marac.vocabulary import PaperKind
from marac.web import widgets


class PaperForm(widgets.PageForm):
    """One file at a time, so that each says what it is."""

    file = widgets.file_field("The file", "Select a file")
    kind = widgets.choice_field("What is it?", [(one.value, one.label) for one in PaperKind], "Select what it is")
    title = widgets.text_field("What to call it", hint="Do not write a name, an address or a number.", longest=80)
