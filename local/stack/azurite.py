"""Azurite, Microsoft's emulator of Azure Storage: started, waited for and stopped, with a data folder of its own.

The account name and key are the published ones of the development account: no secret, and the same on every machine.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from azure.core.exceptions import ResourceExistsError
from azure.storage.blob import BlobServiceClient

from local.errors import LocalStackError
from local.stack.child import Child, start
from local.stack.ports import accepts_connections, check_port, free_ports
from local.toolchain import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable

ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
STANDARD_PORTS = (10000, 10001, 10002)

# The ABFS driver only accepts names of this form; where the account really is, the worker's endpoint setting says.
DFS_HOST = f"{ACCOUNT}.dfs.core.windows.net"
LAKE_FOR_SPARK = f"abfs://{{container}}@{DFS_HOST}"

LANDING = ("dataverse-contoso-sales", "finance")
LAKE = ("bronze", "silver", "gold", "pipeline")


class AzuriteMissingError(LocalStackError):
    """Node or the Azurite package is not there."""


@dataclass(frozen=True, kw_only=True)
class Azurite:
    """A running Azurite."""

    child: Child
    ports: tuple[int, int, int]  # blob, queue, table
    folder: Path

    @property
    def connection_string(self) -> str:
        """What every storage client of the stack is given."""
        return connection_string(self.ports)

    def stop(self) -> None:
        """End it; its data folder stays."""
        self.child.stop()


def connection_string(ports: tuple[int, int, int] = STANDARD_PORTS) -> str:
    """Return the development account's connection string, with addresses that need no name resolution."""
    endpoints = ";".join(
        f"{service}Endpoint=http://127.0.0.1:{port}/{ACCOUNT}"
        for service, port in zip(("Blob", "Queue", "Table"), ports, strict=True)
    )
    return f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={KEY};{endpoints};"


def command(folder: Path, ports: tuple[int, int, int], *, root: Path = ROOT) -> list[str]:
    """Return the command line that starts it; raises AzuriteMissingError with what to do."""
    node = shutil.which("node")
    if node is None:
        raise AzuriteMissingError("Node is missing: install Node 18 or later, then run `make setup`.")
    script = root / "node_modules" / "azurite" / "dist" / "src" / "azurite.js"
    if not script.exists():
        raise AzuriteMissingError("Azurite is not installed: run `make setup`.")
    blob, queue, table = (str(port) for port in ports)
    return [
        *(node, "--require", str(Path(__file__).with_name("tether.cjs")), str(script)),
        *("--location", str(folder), "--silent", "--skipApiVersionCheck", "--disableTelemetry"),
        *("--blobPort", blob, "--queuePort", queue, "--tablePort", table),
    ]


def start_azurite(folder: Path, *, log: Path, ports: tuple[int, int, int] | None = None) -> Azurite:
    """Start it on `ports` (three free ones if not given) and return once all three services answer."""
    if ports is None:
        blob, queue, table = free_ports(3)
        ports = (blob, queue, table)
    for port in ports:
        check_port(port, "Azurite")
    folder.mkdir(parents=True, exist_ok=True)
    child = start("Azurite", command(folder, ports), log=log, cwd=folder)
    child.wait_until(lambda: all(accepts_connections(port) for port in ports))
    return Azurite(child=child, ports=ports, folder=folder)


def create_containers(storage: str, names: Iterable[str] = (*LANDING, *LAKE)) -> None:
    """Create the containers of design section 9 that are not there yet; `storage` is a connection string."""
    with BlobServiceClient.from_connection_string(storage) as service:
        for name in names:
            try:
                service.create_container(name)
            except ResourceExistsError:
                continue
