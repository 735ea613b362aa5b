"""The twins installed up to the end of the period."""

from ui.lists import installation_list

installation_list()
