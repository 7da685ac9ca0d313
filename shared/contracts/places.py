"""Where things live in the lake: bronze parts, batch documents, gold.

Names are deterministic, so that writing twice is writing once; `docs/contracts.md` shows them all.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime

BRONZE = "bronze"
GOLD = "gold"
PIPELINE = "pipeline"
GOLD_MANIFEST = "default.manifest.cdm.json"

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")
_LONGEST_SEGMENT = 120  # of a slug, in characters; blob names may have 1,024 in all


def slug(text: str) -> str:
    """Make one path segment that Spark, Hadoop and Windows can all read, distinct for distinct texts.

    Spark treats `{}[]*?` as patterns and hides names that start with `_` or `.`; Hadoop refuses `:`.
    """
    safe = _UNSAFE.sub("_", text)[:_LONGEST_SEGMENT]
    if safe == text and safe[0].isalnum():
        return safe
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    return f"x{safe}-{digest}" if not safe[:1].isalnum() else f"{safe}-{digest}"


@dataclass(frozen=True, kw_only=True)
class PartName:
    """The name of a bronze part: which slice of which generation of which landed file."""

    container: str
    table: str
    source_path: str
    generation: int
    start: int  # in bytes of the (decompressed) landed file

    @property
    def part_id(self) -> str:
        """Return the id, which is the path without container and suffix."""
        folder = f"{slug(self.container)}/{slug(self.table)}/{slug(self.source_path)}"
        return f"{folder}/g{self.generation:06d}-{self.start:015d}"

    @property
    def data(self) -> str:
        """Return the path of the rows inside the bronze container."""
        return f"{self.part_id}.parquet"

    def rejects(self, content: bytes) -> str:
        """Return the path of the rejects inside the bronze container, which names their content.

        They are written before the part that refers to them; a repeat that saw more of the file leaves the first ones
        unreferred instead of meeting a blob with other content.
        """
        return f"_rejected/{self.part_id}-{hashlib.sha256(content).hexdigest()[:12]}.parquet"


def schema_document(container: str, table: str, schema_version: str) -> str:
    """Return where bronze keeps the columns that parts were bound to."""
    return f"_schemas/{slug(container)}/{slug(table)}/{schema_version}.json"


def metadata_copy(container: str, path: str, content: str) -> str:
    """Return where bronze keeps a metadata file (choices, states, their labels) as it landed, named by its content."""
    suffix = path.rpartition(".")[2]
    return f"_metadata/{slug(container)}/{slug(path)}/{content}.{slug(suffix)}"


def label_document(container: str, table: str, content: str) -> str:
    """Return where bronze keeps all labels known of a table, named by their content."""
    return f"_labels/{slug(container)}/{slug(table)}/{content}.json"


def batch_id(at: datetime, salt: str) -> str:
    """Name a batch so that names sort by time and may be a folder that Customer Insights reads.

    Customer Insights wants a letter first, then letters, digits and `_` (reference: Customer Insights, section 2).
    """
    return f"b{at:%Y%m%dT%H%M%SZ}_{hashlib.sha256(salt.encode()).hexdigest()[:8]}"


def batch_manifest(batch: str) -> str:
    """Return the path of a batch manifest inside the pipeline container."""
    return f"batches/{batch}/manifest.json"


def outcome_document(batch: str) -> str:
    """Return the path of a run's outcome inside the pipeline container."""
    return f"batches/{batch}/outcome.json"
