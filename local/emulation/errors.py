"""What an emulated service refuses with. Each emulator has its own codes, and its own form of the body."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.errors import LocalStackError

if TYPE_CHECKING:
    from collections.abc import Mapping


class ApiError(LocalStackError):
    """An answer that is an error."""

    status = 500
    error_code = "INTERNAL_ERROR"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    @property
    def headers(self) -> Mapping[str, str]:
        """What the answer says beside its body."""
        return {}


class NotEmulatedError(ApiError):
    """The real service may know this; the emulator does not."""

    status = 501

    def __init__(self, message: str, *, error_code: str) -> None:
        super().__init__(message)
        self.error_code = error_code


class FaultError(ApiError):
    """An answer that a fault switch asked for; status 0 is none at all."""

    def __init__(self, *, status: int, error_code: str, retry_after: int | None) -> None:
        super().__init__(f"Fault switch: {error_code}")
        self.status, self.error_code, self.retry_after = status, error_code, retry_after

    @property
    def headers(self) -> Mapping[str, str]:
        """When to come back, if the switch says so."""
        return {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
