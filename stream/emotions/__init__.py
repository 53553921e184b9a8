"""What each face shows is read and steadied here. May import `stream`'s own level, `faces.align` and `inference`."""
