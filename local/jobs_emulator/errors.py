"""What the emulator refuses with: Databricks' error codes and HTTP statuses (reference: Databricks, section 1.6)."""

from __future__ import annotations

from local.errors import LocalStackError


class ApiError(LocalStackError):
    """An answer that is an error; the SDK turns it into one of its exception types."""

    status = 500
    error_code = "INTERNAL_ERROR"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    def document(self) -> dict[str, object]:
        """Return the body of the answer."""
        return {"error_code": self.error_code, "message": self.message, "details": []}


class InvalidParameterValueError(ApiError):
    """The request cannot be meant so."""

    status, error_code = 400, "INVALID_PARAMETER_VALUE"


class InvalidStateError(ApiError):
    """Not now: the run is still going, or already ended."""

    status, error_code = 400, "INVALID_STATE"


class UnauthenticatedError(ApiError):
    """No bearer token."""

    status, error_code = 401, "UNAUTHENTICATED"


class NotEmulatedError(ApiError):
    """The real API may know this; the emulator does not."""

    status, error_code = 501, "NOT_IMPLEMENTED"


class FaultError(ApiError):
    """An answer that a fault switch asked for."""

    def __init__(self, *, status: int, error_code: str, retry_after: int | None) -> None:
        super().__init__(f"Fault switch: {error_code}")
        self.status, self.error_code, self.retry_after = status, error_code, retry_after
