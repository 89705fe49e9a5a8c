"""What is typed to find a person or a case: any one box will do."""

from marac.web import widgets


class FindForm(widgets.PageForm):
    """The search box. Phone and address are offered to those who match people."""

    name = widgets.name_field("Name", hint="Any order, part of a name or another spelling will do.")
    born_on = widgets.date_field("Date of birth")
    reference = widgets.text_field("Case reference", hint="For example, K7D-42Q.", longest=10)
    phone = widgets.text_field("Phone number, or how it ends", hint="For example, the last 4 digits.", longest=30)
    house_number = widgets.text_field("House number", longest=10)
    postcode = widgets.text_field("Postcode", longest=10)
    wider = widgets.hidden_field()
