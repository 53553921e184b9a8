"""Faces are detected, numbered and kept covered here. May import `stream`'s own level and `inference`."""
