"""The results, one file each: its row, function, definition, drawing, and what it leads to."""
