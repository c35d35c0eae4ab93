"""Printers: the same findings told on a terminal, a page, in a paper and in a notebook."""
