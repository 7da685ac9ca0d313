"""Serving HTTP on this machine, on a thread of this process."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING, Any

from werkzeug.serving import WSGIRequestHandler, make_server

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIApplication


class QuietHandler(WSGIRequestHandler):
    """Serves without a line per request (clients poll), and keeps connections open."""

    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


class Server:
    """Listens at once, so that its address is known, and answers from `start` on; port 0 takes a free one."""

    def __init__(self, port: int = 0) -> None:
        self._application: WSGIApplication | None = None
        self._server = make_server("127.0.0.1", port, self._answer, threaded=True, request_handler=QuietHandler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="http", daemon=True)
        self.url = f"http://127.0.0.1:{self._server.port}"

    def start(self, application: WSGIApplication) -> None:
        """Answer with this application."""
        self._application = application
        self._thread.start()

    def stop(self) -> None:
        """Answer nothing more."""
        if self._thread.is_alive():
            self._server.shutdown()
        self._server.server_close()

    def wait(self) -> None:
        """Return when the server has stopped."""
        self._thread.join()

    def _answer(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        if self._application is None:  # nothing is answered before `start`
            raise RuntimeError("The server was not started.")
        return self._application(environ, start_response)


def termination() -> threading.Event:
    """Return what is set when this process is told to end (SIGTERM)."""
    told = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: told.set())
    return told
