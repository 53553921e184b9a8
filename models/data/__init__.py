"""Readers, one file per data set format, and what turns pictures into batches."""
