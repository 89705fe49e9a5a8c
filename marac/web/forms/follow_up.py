"""What is typed at a follow-up: the outcome set, question by question, from the table of it. Shape only."""

from typing import Any

from marac.web import widgets
from marac.workflows.follow_up import CHOICE, MANY, OUTCOME_SET, SCALE, WORDS

MAKES: dict[str, Any] = {
    CHOICE: lambda one: widgets.choice_field(one.words, one.options, hint=one.hint),
    SCALE: lambda one: widgets.choice_field(one.words, one.options, hint=one.hint),
    MANY: lambda one: widgets.many_field(one.words, one.options, hint=one.hint),
    WORDS: lambda one: widgets.long_text_field(one.words, hint=one.hint),
}


class FollowUpForm(widgets.PageForm):
    """How they were reached; the answers are added below, from the same table that checks them."""

    way = widgets.choice_field("How did you reach them, or try to?", [], "Select how you reached them")


for _one in OUTCOME_SET:
    setattr(FollowUpForm, _one.key, MAKES[_one.kind](_one))
