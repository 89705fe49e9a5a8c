"""What is typed about a figure of the annual report. Shape only."""

from marac.web import widgets


class FigureForm(widgets.PageForm):
    """A figure with where it came from."""

    value = widgets.text_field("Figure", "Enter the figure", "A number, such as 657 or 98.5.", longest=20)
    of = widgets.text_field("Out of how many", hint="For a percentage. Leave empty otherwise.", longest=60)
    source = widgets.text_field("Source", "Enter the source", "The document or register it comes from.")
    period = widgets.text_field("Period", "Enter the period it is about", longest=80)
    given_on = widgets.date_field("When it was given to you", "Enter the date it was given to you")


class PublishForm(widgets.PageForm):
    """Nothing but the press."""
