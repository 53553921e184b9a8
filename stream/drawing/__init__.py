"""The emoji are drawn on the frame here. May import `stream`'s own level."""
