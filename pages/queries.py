"""Every query of the period; a row opens its conversation."""

from ui.list_pages import query_list

query_list()
