"""What leaves for a paper, a slide or a notebook: one figure to measure, one table as text."""
