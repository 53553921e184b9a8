"""Faces' emotions are classified and steadied here. May import `stream`'s own level, `faces.align` and `inference`."""
