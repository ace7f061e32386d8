# SPDX-License-Identifier: Apache-2.0
"""python -m driver: measures with this interpreter. tools/bench/run sets one up first."""

import sys

from driver.cli import main

if __name__ == "__main__":
    sys.exit(main())
