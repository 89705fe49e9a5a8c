"""What a referral's pages ask, by part. Holds no rule: those are the workflow's."""

from marac.web.forms.choices import ABOUT, TENURES
from marac.web.forms.referrals.equality import EqualityForm
from marac.web.forms.referrals.people import ChildForm, OtherPersonForm, PersonForm, child_form
from marac.web.forms.referrals.safe_contact import SafeContactForm
from marac.web.forms.referrals.sending import AnswerForm, QuestionForm, ReferrerForm, SharingForm, StartForm, UrgentForm
from marac.web.forms.referrals.story import ReasonForm

__all__ = [
    "ABOUT",
    "TENURES",
    "AnswerForm",
    "ChildForm",
    "EqualityForm",
    "OtherPersonForm",
    "PersonForm",
    "QuestionForm",
    "ReasonForm",
    "ReferrerForm",
    "SafeContactForm",
    "SharingForm",
    "StartForm",
    "UrgentForm",
    "child_form",
]
