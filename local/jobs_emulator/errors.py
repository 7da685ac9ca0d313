"""What the emulator refuses with: Databricks' error codes and HTTP statuses (reference: Databricks, section 1.6)."""

from __future__ import annotations

from local.emulation.errors import ApiError

NOT_EMULATED = "NOT_IMPLEMENTED"


class InvalidParameterValueError(ApiError):
    """The request cannot be meant so."""

    status, error_code = 400, "INVALID_PARAMETER_VALUE"


class InvalidStateError(ApiError):
    """Not now: the run is still going, or already ended."""

    status, error_code = 400, "INVALID_STATE"


class NothingThereError(ApiError):
    """There is no such thing."""

    status, error_code = 404, "RESOURCE_DOES_NOT_EXIST"


class TakenError(ApiError):
    """There is one already."""

    status, error_code = 409, "RESOURCE_ALREADY_EXISTS"


class UnauthenticatedError(ApiError):
    """No bearer token."""

    status, error_code = 401, "UNAUTHENTICATED"


def error_document(error: ApiError) -> dict[str, object]:
    """Return the body of an answer that is an error; the SDK turns it into one of its exception types."""
    return {"error_code": error.error_code, "message": error.message, "details": []}
