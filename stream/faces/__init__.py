"""Faces are found, followed and kept covered here. May import `stream`'s own level, `inference` and `models.card`."""
