"""Photos and video files are read and written here. May import `stream`'s own level and the ground floor."""
