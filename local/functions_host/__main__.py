"""`python -m local.functions_host`: serve the app in the current folder, as `func start` does."""

from __future__ import annotations

import argparse
import json
import logging
import os
import signal
import sys
from pathlib import Path

from local.stack.child import tether


def main() -> None:
    """Serve until told to stop."""
    tether()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    for noisy in ("azure", "azure.functions", "azure_functions_runtime"):  # the libraries, not the app
        logging.getLogger(noisy).setLevel(logging.WARNING)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=7071)
    parser.add_argument("--settings", type=Path, help="a local.settings.json; the environment wins over it")
    given = parser.parse_args()
    if given.settings:
        values = json.loads(given.settings.read_text(encoding="utf-8"))["Values"]
        os.environ.update({key: value for key, value in values.items() if key not in os.environ})
    root = Path.cwd()
    sys.path.insert(0, str(root))

    # Only now: the runtime library reads the environment when it is imported.
    from local.functions_host.functions import AppRefusedError
    from local.functions_host.host import Host

    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))  # as at any other moment: the queues hold what is to be done
    try:
        host = Host(root=root, settings=os.environ, port=given.port, cores=os.cpu_count() or 1)
    except AppRefusedError as error:
        sys.exit(str(error))
    with host:
        names = ", ".join(f"{function.name} ({function.kind})" for function in host.functions)
        logging.getLogger(__name__).info("Functions on http://127.0.0.1:%d: %s", given.port, names)
        host.wait()


main()
