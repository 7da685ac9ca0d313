"""What is fetched is what these tests were written for."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from tests.official.fetch import FILES

if TYPE_CHECKING:
    from pathlib import Path


def test_what_the_list_names_lies_in_the_folder_byte_for_byte(official: Path) -> None:
    for file in FILES:
        assert hashlib.sha256((official / file.place).read_bytes()).hexdigest() == file.digest, f"{file.place} has changed"
