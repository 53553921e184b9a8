"""Run the command line: `python -m emojicam` is the same as `emojicam`."""

import sys

from emojicam.cli import main

sys.exit(main())
