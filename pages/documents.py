"""Every document of the period; a row opens its conversation."""

from ui.list_pages import document_list

document_list()
