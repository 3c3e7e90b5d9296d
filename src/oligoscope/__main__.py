"""`python -m oligoscope`."""

import sys

from oligoscope.cli.main import main

sys.exit(main())
