"""A spreadsheet's open cases and last twelve months, brought in whole rows at a time (DA-58). Merges into no live case.

A row that cannot be read is left out, named by number; what is brought in comes in one transaction, or not at all.
"""

from marac.services.importing.bringing import Report as Report, bring_in as bring_in
from marac.services.importing.sheet import write_empty as write_empty
