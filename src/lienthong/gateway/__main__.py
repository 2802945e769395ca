"""``python -m lienthong.gateway``."""

import sys

from lienthong.gateway.main import main

sys.exit(main())
