"""The dashboard: files that a browser asks for, without a key; what they show is asked of the API, with one.

The page loads nothing from anywhere else, and a strict Content-Security-Policy says so to the browser.
"""

from __future__ import annotations

import functools
import gzip
import hashlib
from pathlib import Path

import azure.functions as func

from function_app.answers import not_found, unless_known

triggers = func.Blueprint()

_FOLDER = Path(__file__).resolve().parent.parent / "dashboard"
_TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Vary": "Accept-Encoding",
}


@triggers.route(route="dashboard", methods=[func.HttpMethod.GET], auth_level=func.AuthLevel.ANONYMOUS)
def dashboard(req: func.HttpRequest) -> func.HttpResponse:
    """Show the page."""
    return _file("index.html", req)


@triggers.route(route="dashboard/{name}", methods=[func.HttpMethod.GET], auth_level=func.AuthLevel.ANONYMOUS)
def dashboard_file(req: func.HttpRequest) -> func.HttpResponse:
    """Give one of its modules, its style or its icon."""
    return _file(req.route_params["name"], req)


@triggers.route(route="dashboard/vendor/{name}", methods=[func.HttpMethod.GET], auth_level=func.AuthLevel.ANONYMOUS)
def dashboard_vendor(req: func.HttpRequest) -> func.HttpResponse:
    """Give a module of a library that it uses."""
    return _file(f"vendor/{req.route_params['name']}", req)


@functools.cache
def _files() -> dict[str, Path]:
    """List what may be asked for: nothing else can be, however it is spelled."""
    return {path.relative_to(_FOLDER).as_posix(): path for path in _FOLDER.rglob("*") if path.suffix in _TYPES}


@functools.cache
def _read(path: Path) -> tuple[bytes, bytes, str]:
    """Return a file as it is, small, and its ETag."""
    data = path.read_bytes()
    return data, gzip.compress(data, mtime=0), f'"{hashlib.sha256(data).hexdigest()[:32]}"'


def _file(name: str, req: func.HttpRequest) -> func.HttpResponse:
    path = _files().get(name)
    if path is None:
        return not_found("file")
    plain, small, tag = _read(path)
    headers = dict(_HEADERS)
    is_small = "gzip" in req.headers.get("Accept-Encoding", "")  # the host compresses nothing by itself
    if is_small:
        headers["Content-Encoding"] = "gzip"
    answer = func.HttpResponse(small if is_small else plain, headers=headers, mimetype=_TYPES[path.suffix], charset="utf-8")
    return unless_known(answer, tag, req)
