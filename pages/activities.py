"""All conversations of the period, filtered; a row opens the conversation."""

from ui.activities import activity_list

activity_list()
