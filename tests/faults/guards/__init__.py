"""The guards of the product, each with a line that breaks it and the test that must notice.

A module for each theme; ``GUARDS`` is all of them. ``__main__`` tries them.
"""

from tests.faults.guards.accounts import ACCOUNTS
from tests.faults.guards.boundaries import BOUNDARIES
from tests.faults.guards.edge import EDGE
from tests.faults.guards.figures import FIGURES
from tests.faults.guards.files import FILES
from tests.faults.guards.outbox import LEAVING, OUTBOX
from tests.faults.guards.record import RACES, RECORD
from tests.faults.guards.rights import RIGHTS
from tests.faults.guards.shown import PAGES

GUARDS = (
    *(*RIGHTS, *ACCOUNTS, *RECORD, *RACES, *FIGURES, *FILES),
    *(*OUTBOX, *LEAVING, *EDGE, *BOUNDARIES, *PAGES),
)
