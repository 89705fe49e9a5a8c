"""The kind of word all others are: a stored value with the label people read."""

from enum import StrEnum
from typing import Self


class Word(StrEnum):
    """A stored value with the label shown to people."""

    label: str

    def __new__(cls, value: str, label: str = "") -> Self:
        """Make the member; the label defaults to the value in sentence case."""
        word = str.__new__(cls, value)
        word._value_ = value
        word.label = label or value.replace("_", " ").capitalize()
        return word
