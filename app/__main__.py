"""`python -m emojicam` is `emojicam`."""

import sys

from emojicam.cli import main

sys.exit(main())
