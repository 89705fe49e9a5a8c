"""MARAC casework: the domestic abuse MARAC, the Community MARAC and the Sanctuary Scheme."""

__version__ = "0.1.0"
