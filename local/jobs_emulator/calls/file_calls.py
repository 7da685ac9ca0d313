"""The files of the workspace: where a bundle keeps its lock, its state, what it synchronises, and its wheel.

They are files of a folder here. A path of the workspace may be written with or without `/Workspace` before it.
"""

from __future__ import annotations

import base64
import binascii
import shutil
from pathlib import Path, PurePosixPath
from zlib import crc32

from werkzeug.wrappers import Response

from local.jobs_emulator.calls.fields import Fields, is_true, text
from local.jobs_emulator.errors import InvalidParameterValueError, NothingThereError, TakenError

_ROOT = "/Workspace"


class FileCalls:
    """The files of one workspace, kept in a folder of this machine."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get_status(self, fields: Fields) -> Fields:
        """GET /workspace/get-status."""
        return self._status(self._there(text(fields, "path")))

    def list_folder(self, fields: Fields) -> Fields:
        """GET /workspace/list."""
        found = self._there(text(fields, "path"))
        listed = sorted(found.iterdir()) if found.is_dir() else [found]
        return {"objects": [self._status(one) for one in listed]}

    def make_folders(self, fields: Fields) -> Fields:
        """POST /workspace/mkdirs."""
        self._at(text(fields, "path")).mkdir(parents=True, exist_ok=True)
        return {}

    def delete(self, fields: Fields) -> Fields:
        """POST /workspace/delete."""
        found = self._there(text(fields, "path"))
        if not found.is_dir():
            found.unlink()
        elif is_true(fields, "recursive") or not any(found.iterdir()):
            shutil.rmtree(found)
        else:
            raise InvalidParameterValueError(f"{fields['path']} is a folder that is not empty.")
        return {}

    def import_base64(self, fields: Fields) -> Fields:
        """POST /workspace/import: the content is in the document."""
        try:
            content = base64.b64decode(fields.get("content", ""), validate=True)
        except (binascii.Error, TypeError) as error:
            raise InvalidParameterValueError("content is no base64.") from error
        return self.import_file(text(fields, "path"), content, overwrite=is_true(fields, "overwrite"))

    def import_file(self, path: str, content: bytes, *, overwrite: bool) -> Fields:
        """POST /workspace-files/import-file/{path}: the content is the body."""
        file = self._at(path)
        if not file.parent.is_dir():
            raise NothingThereError(f"The parent folder ({PurePosixPath('/', path).parent}) does not exist.")
        if file.exists() and not overwrite:  # which is how a deployment takes its lock
            raise TakenError(f"Path ({path}) already exists.")
        draft = file.with_name(f".{file.name}.draft")
        draft.write_bytes(content)
        draft.replace(file)
        return {}

    def read_file(self, path: str) -> Response:
        """GET /workspace-files/{path}."""
        file = self._there(path)
        if file.is_dir():
            raise InvalidParameterValueError(f"{path} is a folder.")
        return Response(file.read_bytes(), content_type="application/octet-stream")

    def export(self, fields: Fields) -> Response | Fields:
        """GET /workspace/export: as it is, or within a document."""
        answer = self.read_file(text(fields, "path"))
        if is_true(fields, "direct_download"):
            return answer
        return {"content": base64.b64encode(answer.get_data()).decode(), "file_type": "file"}

    def _status(self, found: Path) -> Fields:
        path = "/" + found.relative_to(self._folder.resolve()).as_posix().removeprefix(".")
        kind = "DIRECTORY" if found.is_dir() else "FILE"
        number = crc32(path.encode())
        size = {} if found.is_dir() else {"size": found.stat().st_size}
        modified = int(found.stat().st_mtime * 1000)
        return {
            "path": path,
            "object_type": kind,
            "object_id": number,
            "resource_id": str(number),
            "modified_at": modified,
            **size,
        }

    def _there(self, path: str) -> Path:
        found = self._at(path)
        if not found.exists():
            raise NothingThereError(f"Path ({path}) doesn't exist.")
        return found

    def _at(self, path: str) -> Path:
        root = self._folder.resolve()
        found = (root / ("/" + path.lstrip("/")).removeprefix(_ROOT).lstrip("/")).resolve()
        if not found.is_relative_to(root):
            raise InvalidParameterValueError(f"Path ({path}) is outside of the workspace.")
        root.mkdir(parents=True, exist_ok=True)
        return found
