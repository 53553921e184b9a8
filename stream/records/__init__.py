"""What was seen, as data and as text. May import `stream`'s own level and the ground floor."""
