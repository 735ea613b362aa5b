"""Every document of the period; a row opens its conversation."""

from ui.lists import document_list

document_list()
