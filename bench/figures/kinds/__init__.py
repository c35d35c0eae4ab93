"""The kinds of figures, one file each, named like the kind."""
