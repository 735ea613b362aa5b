"""Every query of the period; a row opens its conversation."""

from ui.lists import query_list

query_list()
