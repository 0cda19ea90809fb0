"""``python -m internvl_cli``."""

from __future__ import annotations

import sys

from internvl_cli.cli.app import main

if __name__ == "__main__":
    sys.exit(main())
