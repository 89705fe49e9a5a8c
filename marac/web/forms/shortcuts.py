"""The keys of the live meeting, as a person wants them."""

from marac.services.live.shortcuts import LETTERS
from marac.web import widgets

USE = [("on", "Use shortcuts"), ("off", "Turn all shortcuts off")]


class ShortcutsForm(widgets.PageForm):
    """On or off, and one letter for each."""

    use = widgets.choice_field("Shortcuts", USE, "Select whether to use shortcuts")


for _name, _key in LETTERS.items():
    setattr(ShortcutsForm, _name, widgets.text_field(_key.does, longest=5))
