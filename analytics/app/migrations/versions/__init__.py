"""The revisions, oldest first. File names start with `r`: modules can't start with a digit."""
