"""What a contractor sends: that the job is done, with a photo. Results and notes are read line by line."""

from marac.web import widgets


class FinishJobForm(widgets.PageForm):
    """One photo, and that everything is fitted or what is not."""

    photo = widgets.file_field("Photo of the finished work", hint="Where it was taken is removed. No people.")


class AcceptForm(widgets.PageForm):
    """One tap."""
