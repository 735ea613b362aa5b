"""How often, when and how long people talk to their twins."""

import numpy as np

from seed.columns import MINUTE

BUSY_RATE = 1.875  # conversations per person and day in a small company
BUSY_DAYS = 720  # person-days up to which that rate holds: 12 users for 60 days
THINNING = 0.376

WEEKDAY_WEIGHTS = np.array([1.0, 1.12, 1.15, 1.1, 0.85, 0.07, 0.05])
HOUR_WEIGHTS = np.array([
    0.05, 0, 0, 0, 0, 0.05, 0.3, 1.5, 6, 10, 11, 9, 5, 8, 10, 9.5, 8, 5, 2.5, 1.2, 0.9, 0.8,
    0.5, 0.4,
])  # fmt: skip
FIRST_HOUR = 11  # of somebody's first conversation in a showcase, so the day is the same in UTC
PRIVATE_SHARE = 0.6  # of the conversations of somebody who has a private twin
ROOM = 20 * MINUTE  # no conversation starts later than this before the end
# How often a conversation has 1, 2, … exchanges; the mean is 4.4, about 8.5 messages.
LENGTHS = np.array([0.05, 0.10, 0.15, 0.21, 0.22, 0.17, 0.10])

DRAFT_SHARE = 0.63

QUERY_SHARE = 0.53
CLOSING_SHARE = 0.5  # of the conversations of three exchanges or more
ANSWERED_SHARE = 0.5  # of the closings
MORE_SHARE = 0.08  # of the further exchanges bring another document, or another query
REVISION_SHARE = 0.5  # of the exchanges after a document
UNANSWERED_SHARE = 0.06  # of a showcase's conversations: one message, and nothing comes back
