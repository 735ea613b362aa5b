"""The saved views: open, share, rename, delete."""

from ui.views import view_list

view_list()
