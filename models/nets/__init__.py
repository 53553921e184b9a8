"""The nets, one file per family; each registers itself with `emojicam.models.registry`."""
