"""One file a command: each takes typed options, does the work and gives the exit code. May import everything."""
