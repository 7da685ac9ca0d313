"""`python -m customer_insights`: what is set in Customer Insights, as files."""

from __future__ import annotations

import sys

from customer_insights.commands import main

sys.exit(main(sys.argv[1:]))
