"""`python -m local.jobs_emulator`: the emulated workspace as a process of the local stack."""

from __future__ import annotations

import argparse
import logging
from pathlib import Path

from local.emulation.server import termination
from local.jobs_emulator.running.definition import read_job
from local.jobs_emulator.running.webhooks import Destination
from local.jobs_emulator.running.worker import SparkWorker
from local.jobs_emulator.server import JobsEmulator
from local.stack.child import tether
from local.toolchain import ROOT


def main() -> None:
    """Serve until told to stop."""
    tether()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True, help="keeps runs and logs")
    parser.add_argument("--bundle", type=Path, default=ROOT / "databricks.yml")
    parser.add_argument("--job-id", type=int, required=True)
    parser.add_argument("--blob-port", type=int, required=True, help="Azurite's, where the lake is")
    parser.add_argument("--jars", type=Path, required=True, help="the folder that set-up filled")
    parser.add_argument("--parameter", action="append", default=[], help="name=value: replaces a job parameter's default")
    parser.add_argument("--webhook", nargs=3, metavar=("URL", "USERNAME", "PASSWORD"))
    given = parser.parse_args()

    job = read_job(given.bundle, job_id=given.job_id).with_defaults(dict(one.split("=", 1) for one in given.parameter))
    destination = None
    if given.webhook:
        url, username, password = given.webhook
        destination = Destination(url=url, username=username, password=password)
    arguments = ["--jars", str(given.jars), "--blob-port", str(given.blob_port)]
    worker = SparkWorker(root=ROOT, folder=given.folder / "spark", arguments=arguments)

    ended = termination()
    worker.start()
    try:
        with JobsEmulator(job=job, runner=worker, folder=given.folder, port=given.port, destination=destination) as emulator:
            logging.getLogger(__name__).info("Jobs API of %s on %s", job.name, emulator.url)
            ended.wait()
    finally:
        worker.stop()


main()
