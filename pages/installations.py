"""The twins installed up to the end of the period."""

from ui.list_pages import installation_list

installation_list()
