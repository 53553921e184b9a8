"""A record of what was seen in a video, as data and as text. May import `stream`'s own level and the ground floor."""
