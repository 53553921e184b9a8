"""Data sets: their readers, one file per format, and what turns pictures into batches."""
