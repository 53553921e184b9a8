"""Figures, curves and pages about nets and runs. May import the rest of `models`, except training itself."""
