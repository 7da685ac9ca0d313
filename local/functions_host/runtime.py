"""Microsoft's runtime library, driven: one app per process, one event loop on a thread of its own."""

from __future__ import annotations

import asyncio
import threading
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import azure_functions_runtime as library

from local.errors import LocalStackError
from local.functions_host.functions import AppRefusedError, Function, read_functions
from local.functions_host.messages import Message, ParameterBinding, StatusResult, request

if TYPE_CHECKING:
    from collections.abc import Coroutine, Mapping
    from concurrent.futures import Future

    from local.functions_host.messages import TypedData


class InvocationFailedError(LocalStackError):
    """A function raised; its own message and trace are attributes."""

    def __init__(self, *, function: str, message: str, trace: str) -> None:
        super().__init__(f"{function} failed: {message}")
        self.function, self.message, self.trace = function, message, trace


@dataclass(frozen=True, kw_only=True)
class Runtime:
    """The indexed app (order of calls: reference, Azure Functions, section 14.2)."""

    functions: tuple[Function, ...]
    loop: asyncio.AbstractEventLoop

    @classmethod
    def start(cls, root: Path, settings: Mapping[str, str]) -> Runtime:
        """Index the app in `root`, which has to be on sys.path; AppRefusedError with the library's reason."""
        library.start_threadpool_executor()
        loop = asyncio.new_event_loop()
        threading.Thread(target=loop.run_forever, name="functions", daemon=True).start()

        def call(coroutine: Coroutine[Any, Any, Any]) -> Any:
            return asyncio.run_coroutine_threadsafe(coroutine, loop).result()

        init = request("worker_init_request", capabilities={}, function_app_directory=str(root))
        answer = call(library.worker_init_request(init))
        if answer.result.status != StatusResult.Success:
            raise AppRefusedError(f"The app in {root} cannot be indexed: {answer.result.exception.message}")
        metadata = call(library.functions_metadata_request(request("functions_metadata_request")))
        # None, without an error, is what a package without a function_app.py beside it gives (section 13).
        if not metadata.function_metadata_results:
            raise AppRefusedError(f"No functions found in {root}: a file function_app.py has to be there.")
        return cls(functions=read_functions(metadata.function_metadata_results, settings), loop=loop)

    def invoke(
        self, function: Function, data: TypedData, metadata: Mapping[str, TypedData] | None = None
    ) -> Future[TypedData | None]:
        """Start one invocation; the future gives the return value, or raises InvocationFailedError."""
        return asyncio.run_coroutine_threadsafe(self._invoke(function, data, dict(metadata or {})), self.loop)

    async def _invoke(self, function: Function, data: TypedData, metadata: dict[str, TypedData]) -> TypedData | None:
        answer = await library.invocation_request(
            request(
                "invocation_request",
                invocation_id=str(uuid.uuid4()),
                function_id=function.function_id,
                input_data=[ParameterBinding(name=function.parameter, data=data)],
                trigger_metadata=metadata,
                trace_context=Message(trace_parent="", trace_state="", attributes={}),
                retry_context=Message(),
            )
        )
        if answer.result.status != StatusResult.Success:
            failure = answer.result.exception
            raise InvocationFailedError(function=function.name, message=failure.message, trace=failure.stack_trace)
        value: TypedData | None = answer.return_value
        return value
