"""The people, what they did in the period, and who did nothing."""

from ui.lists import people_list

people_list()
