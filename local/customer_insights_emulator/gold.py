"""Gold, read as Customer Insights reads it: the manifest, and every file that it names."""

from __future__ import annotations

import io
import json
import re
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from local.errors import LocalStackError
from local.lake.manifest import locations

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

MANIFEST = "default.manifest.cdm.json"


class RefreshFailed(LocalStackError):
    """Why Customer Insights could not take the data: its error code, and the file."""

    def __init__(self, code: str, file: str) -> None:
        super().__init__(f"{code}: {file}")
        self.code, self.file = code, file


def check_gold(read: Callable[[str], bytes | None], below: Callable[[str], Iterable[str]]) -> None:
    """Read gold as Customer Insights would; RefreshFailed at what it would stop at.

    `read` gives a file of the container by its path, None if it is not there; `below` lists the files of a folder.
    """
    manifest = read(MANIFEST)
    if manifest is None:
        raise RefreshFailed("dataSourceManifestNotFound", MANIFEST)
    try:
        for entity in json.loads(manifest)["entities"]:
            document = read(entity["entityPath"].rpartition("/")[0])
            if document is None:
                raise RefreshFailed("cdmLoadManifestFailed", entity["entityPath"])
            definition = json.loads(document)["definitions"][0]
            columns = [attribute["name"] for attribute in definition["hasAttributes"]]
            files = locations(entity, below)
            if not files:
                raise RefreshFailed("corruptRecordsFound", entity["entityName"])
            for location in files:
                _check_file(read, location, columns)
    except (ValueError, KeyError, IndexError, TypeError, re.error) as error:
        raise RefreshFailed("cdmLoadManifestFailed", MANIFEST) from error


def _check_file(read: Callable[[str], bytes | None], location: str, columns: list[str]) -> None:
    content = read(location)
    if content is None:
        raise RefreshFailed("corruptRecordsFound", location)
    try:
        table = pq.read_table(io.BytesIO(content))
    except pa.ArrowException as error:
        raise RefreshFailed("corruptRecordsFound", location) from error
    # Another column count makes every record corrupt (reference: Customer Insights, section 6).
    if table.column_names != columns:
        raise RefreshFailed("corruptRecordsFound", location)
