"""Where things live in the lake: bronze parts, batch documents, silver, gold.

Names are deterministic, so that writing twice is writing once; `docs/contracts.md` shows them all. A *path* is one inside its
container, a *place* is `<container>/<path>` (`whole`).
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime

BRONZE = "bronze"
SILVER = "silver"
GOLD = "gold"
PIPELINE = "pipeline"
GOLD_MANIFEST = "default.manifest.cdm.json"
INSIGHTS = f"{PIPELINE}/insights"
"""Where previews of Customer Insights lie; an erasure deletes all of it."""
#: Paths inside the pipeline container.
PUBLICATION_RECORDS = "publications"
REPLACED_PUBLICATIONS = "replaced.json"  # since when publications do not show any more
DELTA_STATE = "delta.json"  # what each Delta table of gold holds
#: Paths inside the gold container.
GOLD_DELTA = "delta"  # the folder of gold's Delta tables

#: What the name of the table of an entity's rejected rows ends with; no entity may have such a name.
REJECTED = "_rejected"

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

    def without(self, content: bytes) -> str:
        """Return the path of the rows that are left after an erasure inside the bronze container, which names their content."""
        return f"{self.part_id}-{hashlib.sha256(content).hexdigest()[:12]}.parquet"

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


def identity_document(entity: str) -> str:
    """Return where bronze keeps which table an entity is, and what its columns are called."""
    return f"_identities/{slug(entity)}.json"


def contract_documents(container: str, data_set: str = "") -> str:
    """Return the folder in which bronze keeps the contract of a data set, or those of all of a container."""
    return f"_contracts/{slug(container)}/{f'{slug(data_set)}/' if data_set else ''}"


def contract_document(container: str, data_set: str, version: int) -> str:
    """Return where bronze keeps one version of a data set's contract."""
    return f"{contract_documents(container, data_set)}{version:06d}.json"


def batch_id(at: datetime, salt: str) -> str:
    """Name a batch so that names sort by time and may be a folder that Customer Insights reads.

    Customer Insights wants a letter first, then letters, digits and `_` (reference: Customer Insights, section 2).
    """
    return f"b{at:%Y%m%dT%H%M%SZ}_{hashlib.sha256(salt.encode()).hexdigest()[:8]}"


def publication_name(batch: str) -> str:
    """Name the publication that a batch makes; like a batch's name, it may be a folder that Customer Insights reads."""
    return f"p{batch.removeprefix('b')}"


def batch_folder(batch: str) -> str:
    """Return the path of a batch's folder inside the pipeline container."""
    return f"batches/{batch}"


def batch_manifest(batch: str, listing: int = 1) -> str:
    """Return the path of a batch manifest inside the pipeline container; one for each time that the batch is listed anew."""
    return f"{batch_folder(batch)}/manifest{f'-{listing}' if listing > 1 else ''}.json"


def parts_document(batch: str, content: bytes) -> str:
    """Return the path of a page of a batch's parts inside the pipeline container, which names its content."""
    return f"{batch_folder(batch)}/parts-{hashlib.sha256(content).hexdigest()[:16]}.json"


def silver_report(batch: str) -> str:
    """Return the path of what the silver task leaves for the gold task inside the pipeline container."""
    return f"{batch_folder(batch)}/silver.json"


def staged_manifest(batch: str) -> str:
    """Return the path of the CDM manifest that a run stages inside the pipeline container."""
    return f"{batch_folder(batch)}/{GOLD_MANIFEST}"


def outcome_document(batch: str) -> str:
    """Return the path of a run's outcome inside the pipeline container."""
    return f"{batch_folder(batch)}/outcome.json"


def conclusion_document(batch: str) -> str:
    """Return the path of what says which attempts of a batch are concluded, inside the pipeline container."""
    return f"{batch_folder(batch)}/concluded.json"


def found_document(batch: str) -> str:
    """Return the path of what a search for erased rows found, inside the pipeline container."""
    return f"{batch_folder(batch)}/found.json"


def publication_record(publication: str) -> str:
    """Return the path of the record of a publication inside the pipeline container."""
    return f"{PUBLICATION_RECORDS}/{publication}.json"


def table_totals(entity: str) -> str:
    """Return the path of the totals of a silver table inside the pipeline container."""
    return f"silver/{entity}.json"


def rejected_table(entity: str) -> str:
    """Return the name of the table of an entity's rejected rows, which lies beside its own in the silver container."""
    return f"{entity}{REJECTED}"


def entity_document(table: str, publication: str) -> str:
    """Return the path of a gold table's CDM entity document inside the gold container."""
    return f"{table}/{publication}/{table}.cdm.json"


def findings_document(document: str) -> str:
    """Return the path of what was found in a gold table, beside its entity document."""
    return document.removesuffix(".cdm.json") + ".findings.json"


def whole(container: str, path: str) -> str:
    """Return the place of a path in a container."""
    return f"{container}/{path}"


def divided(place: str) -> tuple[str, str]:
    """Return the container and the path of a place."""
    container, _, path = place.partition("/")
    return container, path
