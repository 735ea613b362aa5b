"""The notes: what was before and after each; add, edit, delete."""

from ui.notes import note_list

note_list()
