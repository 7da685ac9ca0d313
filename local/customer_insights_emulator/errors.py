"""What the emulator refuses with: an ApiErrorResult with a code of Customer Insights."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.emulation.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Mapping


NOT_EMULATED = "notEmulated"


class CodedError(ApiError):
    """An error with a code of the API; its message is the code again, where the real sentence is not known."""

    def __init__(self, error_code: str, message: str = "") -> None:
        super().__init__(message or error_code)
        self.error_code = error_code


class InvalidError(CodedError):
    """The request cannot be meant so."""

    status = 400


class UnauthorizedError(CodedError):
    """No bearer token, or another subscription's key."""

    status = 401

    @property
    def headers(self) -> Mapping[str, str]:
        """What is wanted."""
        return {"WWW-Authenticate": "Bearer"}


class MissingError(CodedError):
    """There is no such thing in this instance."""

    status = 404


def error_document(error: ApiError) -> dict[str, object]:
    """Return the body of an answer that is an error, an ApiErrorResult."""
    return {
        "httpStatusCode": error.status,
        "exceptionCulprit": "system" if error.status >= 500 else "user",
        "errorCode": error.error_code,
        "message": error.message,
    }
