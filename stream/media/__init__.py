"""Photos and video files, in and out. May import `stream`'s own level and the ground floor."""
