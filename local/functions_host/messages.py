"""The messages that the runtime library exchanges with its host, without gRPC or protobuf.

The library takes the classes as an argument and only uses keyword construction and attributes, so plain objects do
(reference: Azure Functions, section 14.1).
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any


class Message:
    """Anything with fields; a field that was never set reads as None, as in protobuf it would read as its default."""

    def __init__(self, **fields: Any) -> None:
        vars(self).update(fields)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return None


class TypedData:
    """One value of one kind: http, string, bytes, json or model_binding_data; a returned one also int or double."""

    def __init__(self, **value: Any) -> None:
        self._kind = next(iter(value), None)
        vars(self).update(value)

    def WhichOneof(self, group: str) -> str | None:  # noqa: N802, ARG002 - protobuf's name and signature
        """Return the kind."""
        return self._kind

    @property
    def value(self) -> Any:
        """The value, whatever its kind; None if empty."""
        return None if self._kind is None else getattr(self, self._kind)


class ParameterBinding(Message):
    """A named value that goes into a function or comes out of it."""

    def WhichOneof(self, group: str) -> str:  # noqa: N802, ARG002 - protobuf's name and signature
        """Return the kind, always a value; shared memory is not offered."""
        return "data"


class StatusResult(Message):
    """How a call ended."""

    Failure, Success, Cancelled = 0, 1, 2


class BindingInfo(Message):
    """A binding; its directions and data types are set below, one of them being a keyword."""

    undefined, string, binary, stream = 0, 1, 2, 3


for number, direction in enumerate(("in", "out", "inout")):
    setattr(BindingInfo, direction, number)


class RpcHttpCookie(Message):
    """A cookie that a function sets."""

    SameSite = SimpleNamespace(**{"None": 0, "Lax": 1, "Strict": 2, "ExplicitNone": 3})


PROTOS = SimpleNamespace(
    TypedData=TypedData,
    ParameterBinding=ParameterBinding,
    StatusResult=StatusResult,
    BindingInfo=BindingInfo,
    RpcHttpCookie=RpcHttpCookie,
    **dict.fromkeys(
        (
            *("WorkerInitResponse", "WorkerMetadata", "FunctionMetadataResponse", "FunctionLoadResponse"),
            *("InvocationResponse", "RpcException", "RpcFunctionMetadata", "RpcRetryOptions", "RpcHttp"),
            *("NullableString", "NullableBool", "NullableDouble", "NullableTimestamp"),
        ),
        Message,
    ),
)


def request(verb: str, **fields: Any) -> Message:
    """Return a request as the library wants it: its body under the name of the verb, the message classes beside it."""
    return Message(request=Message(**{verb: Message(**fields)}), properties={"protos": PROTOS, "host": "127.0.0.1"})
