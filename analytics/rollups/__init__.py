"""The maintained tables that make exact answers cheap: their definition and how they are built."""
