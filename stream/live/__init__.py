"""Cameras, network streams, windows and virtual cameras. May import `stream`'s own level, `media` and `drawing`."""
