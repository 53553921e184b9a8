"""One file per family of nets; each registers itself with `emojicam.models.registry`."""
