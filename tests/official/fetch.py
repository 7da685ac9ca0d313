"""Gets the files of others that the tests of this folder check against, on a machine with internet access.

    python -m tests.official.fetch <folder>

By repository, path and commit, each with the digest of the bytes that these tests were written for. Where a repository's
commit is not known its branch is named instead; then the digest tells whether the file has changed since.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import urllib.request
from dataclasses import dataclass
from pathlib import Path

_TYPES = ("Azure/bicep-types-az", "1f896de")
_SCHEMA_STORE = ("SchemaStore/schemastore", "3b6446a")
_AZURE_DEVELOPER_CLI = ("Azure/azure-dev", "main")
_CDM = ("microsoft/CDM", "master")

#: Provider, namespace and version of the types → digest.
_TYPE_FILES = {
    "applicationinsights/microsoft.insights/2020-02-02": ("efc649bc4a4b432e89eddc177e27260c25ed08b26db34ae8dc83a06c27bec929"),
    "applicationinsights/microsoft.insights/2023-06-01": ("5fe4bc30d1475a780c7fd0696704da3a70436d9cefad40bd08c65c388ba18572"),
    "authorization/microsoft.authorization/2022-04-01": ("b8e10b03b72413da53a18f851737701fb5c4fd8caecefbe7cecfef47a7839aab"),
    "databricks/microsoft.databricks/2024-05-01": "e565fa1a7267680f51427b7a4fb8337c1a3eb76e2db3c5cbb3fdb3031aabfdbc",
    "eventgrid/microsoft.eventgrid/2025-02-15": "43de686eddc61e1a6c7b70ac605fd2382f8c4b5e0232ef3669a2f167fe33b3fe",
    "keyvault/microsoft.keyvault/2024-11-01": "1ab8d84ed042e87e9cbc67762ec4706d1b03f3ff472fcb1a173ce199cd6990a4",
    "monitor_1/microsoft.insights/2021-05-01-preview": ("6cd927a4e56b5535336ed0c2d960ba2a62382d3d9944a71c8971f58329abde67"),
    "monitor_1/microsoft.insights/2023-01-01": "c3a8061ba69cc261741bdf7f577b3e292a0d61a62da4d60e6b0324d18fcb762f",
    "monitor_1/microsoft.insights/2023-12-01": "b6ed874db389701edd048b9a65637a9288bee1657a00547ace58484bec680b80",
    "msi/microsoft.managedidentity/2024-11-30": "e6f24d080b62e479cb88a95b9a5755c9f800ec4deb3dc2c95c419b11bbfade0a",
    "network/microsoft.network/2024-05-01": "3e4527e0f3cbe85901cf650bd78a4b47bd5eb961aed639a97397187ff4bd5c18",
    "operationalinsights/microsoft.operationalinsights/2025-02-01": (
        "1d43ebbb55763673851345c34f2255727f11f9ac9c4b998ee06452322ab80199"
    ),
    "privatedns/microsoft.network/2024-06-01": "71c7c94e0a0fa2deb60e8739f58665daf33367d10f129ae4330f3ea92dd398e2",
    "storage/microsoft.storage/2025-06-01": "6da8e04bd3f4459ee7b3f61b921f1018e1abdfdba73b51b261c73538652c9d46",
    "web/microsoft.web/2024-11-01": "ae8e6a164afde8ab803d5f7272dfe4c0d7c4bbff28fb148cc16cf8484a90c6ba",
}


@dataclass(frozen=True, kw_only=True)
class OfficialFile:
    """One file of somebody else."""

    place: str  # below the folder
    repository: str
    commit: str
    path: str
    digest: str  # SHA-256

    @property
    def url(self) -> str:
        """Where its bytes are."""
        return f"https://raw.githubusercontent.com/{self.repository}/{self.commit}/{self.path}"


def _file(place: str, source: tuple[str, str], path: str, digest: str) -> OfficialFile:
    return OfficialFile(place=place, repository=source[0], commit=source[1], path=path, digest=digest)


FILES = (
    *(
        _file(f"bicep-types/{name}/types.json", _TYPES, f"generated/{name}/types.json", digest)
        for name, digest in _TYPE_FILES.items()
    ),
    _file(
        "schemastore-host.json",
        _SCHEMA_STORE,
        "src/schemas/json/host.json",
        "976546fb6959a5950d5c13119dc91ef2403be7648f6c65870c422e3c4ab1006c",
    ),
    _file(
        "schemastore-local.settings.json",
        _SCHEMA_STORE,
        "src/schemas/json/local.settings.json",
        "7b927acd984ec8792a4053277221a287a3692fa547705594c7b17bce3e35819a",
    ),
    _file(
        "azure.yaml.schema.json",
        _AZURE_DEVELOPER_CLI,
        "schemas/v1.0/azure.yaml.json",
        "ff8d40d0d84c4b5ab1a934e61553c8ce985a05da63e63c59f6abcd58ab73b998",
    ),
    _file(
        "cdm/schema.1.0.0.cdm.json",
        _CDM,
        "schemaDocuments/schema/schema.1.0.0.cdm.json",
        "0d2ab0996cc61479054b2780c1acd2da67de748d7f902f0cedb4f4bcd49d6ccf",
    ),
    _file(
        "cdm/schema.1.0.0.manifest.cdm.json",
        _CDM,
        "schemaDocuments/schema/schema.1.0.0.manifest.cdm.json",
        "57b8afc2d63b684f21181cdd3d2855192d3317d8ecab8067c9cf16fcca4c6afa",
    ),
)


def fetch(folder: Path) -> list[str]:
    """Put every file into the folder; return the places of those that have changed since."""
    changed = []
    for file in FILES:
        with urllib.request.urlopen(file.url, timeout=60) as answer:  # noqa: S310 - the addresses stand above
            data = answer.read()
        if hashlib.sha256(data).hexdigest() != file.digest:
            changed.append(file.place)
        target = folder / file.place
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    return changed


def main() -> int:
    """Fetch into the folder that is named."""
    parser = argparse.ArgumentParser(prog="python -m tests.official.fetch", description="Get the files of others.")
    parser.add_argument("folder", type=Path)
    for place in fetch(parser.parse_args().folder):
        print(f"has changed since: {place}", file=sys.stderr)  # noqa: T201 - a command line
    return 0


if __name__ == "__main__":
    sys.exit(main())
