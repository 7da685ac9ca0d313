"""`python -m spark_jobs.insights`: previews on a laptop, of gold or of any folder of tables."""

from __future__ import annotations

import sys

from spark_jobs.insights.commands import main

sys.exit(main(sys.argv[1:]))
