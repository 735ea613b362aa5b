"""The benchmark, `make bench`: how fast the answers are, beside the same answers from raw tables.

`databases` makes the three sizes and their copies, `statements` holds the SQL over raw tables,
`probes` measures what needs a process or a copy of its own, `__main__` runs, compares and prints.
"""
