"""Counts what the dashboard shows again from the ledger: `python -m function_app.rebuild`, while the app is stopped.

For a ledger that an older version of the app wrote, or whose tallies are in doubt. The app's settings are read from the
environment.
"""

from __future__ import annotations

import sys

from shared.context import Context


def main(context: Context) -> str:
    """Count, and return one sentence about it; safe to repeat."""
    return f"{context.rebuild()} files and batches of the ledger are counted anew."


if __name__ == "__main__":
    sys.stdout.write(f"{main(Context())}\n")
