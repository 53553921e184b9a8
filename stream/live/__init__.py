"""Live streams are read, shown, recorded and sent on here. May import `stream`'s own level, `media` and `drawing`."""
