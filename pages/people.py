"""The people, what they did in the period, and who did nothing."""

from ui.list_pages import people_list

people_list()
