"""The server behind ``qtools view``: reads only, from one directory, for this machine only."""

from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from qtools import __version__
from qtools.errors import BadInputError
from qtools.report.page import Page, Section, page_html
from qtools.runs.untrusted import inside, read_bytes
from qtools.view.catalogue import catalogue, find
from qtools.view.pages import catalogue_page, comparison_page, entry_page

HOST = "127.0.0.1"
_MOST_BYTES = 256 << 20
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".svg": "image/svg+xml",
    ".json": "text/plain; charset=utf-8",
    ".jsonl": "text/plain; charset=utf-8",
    ".qasm": "text/plain; charset=utf-8",
    ".md": "text/plain; charset=utf-8",
    ".toml": "text/plain; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
}
# Files may come from anybody: an HTML file among them runs without an origin and reaches nothing.
_FILE_POLICY = (
    "sandbox allow-scripts allow-downloads allow-top-navigation-by-user-activation; "
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"
)


def make_server(root: Path, port: int) -> ThreadingHTTPServer:
    """A server of the results under ``root``, bound to this machine; port 0 takes a free one.

    Raises:
        BadInputError: ``root`` is no directory, or the port is taken.
    """
    if not root.is_dir():
        raise BadInputError(f"expected a directory with results, got {root}")
    handler = type("Handler", (_Handler,), {"root": root.resolve()})
    try:
        return ThreadingHTTPServer((HOST, port), handler)
    except OSError as error:
        raise BadInputError(
            f"cannot listen on port {port} ({error.strerror}); choose another with --port"
        ) from None


class _Handler(BaseHTTPRequestHandler):
    root: Path
    server_version = f"qtools/{__version__}"
    sys_version = ""
    timeout = 30

    def do_GET(self) -> None:
        """Answer one request."""
        parts = urlsplit(self.path)
        if not self._is_local():
            self._send(HTTPStatus.FORBIDDEN, b"only for this machine\n", "text/plain")
            return
        try:
            if parts.path.startswith("/files/"):
                self._send_file(unquote(parts.path.removeprefix("/files/")))
            else:
                self._send_page(parts.path, parse_qs(parts.query))
        except BadInputError as error:
            self._send_sentence(HTTPStatus.NOT_FOUND, str(error))

    do_HEAD = do_GET

    def _is_local(self) -> bool:
        """Whether the request names this machine: other names may be rebound to it."""
        host = (self.headers.get("Host") or "").rsplit(":", 1)[0]
        return host in (HOST, "localhost")

    def _send_page(self, path: str, query: dict[str, list[str]]) -> None:
        def asked(name: str) -> str:
            return query.get(name, [""])[0]

        pages: dict[str, Callable[[], Page]] = {
            "/": lambda: catalogue_page(self.root, catalogue(self.root)),
            "/entry": lambda: entry_page(
                self.root, find(self.root, asked("path"), asked("file")), catalogue(self.root)
            ),
            "/compare": lambda: comparison_page(
                self.root,
                find(self.root, asked("first"), asked("first_file")),
                find(self.root, asked("second"), asked("second_file")),
            ),
        }
        if path not in pages:
            raise BadInputError("there is no such page; go to /")
        text = page_html(pages[path](), home="/").encode()
        self._send(HTTPStatus.OK, text, _TYPES[".html"])

    def _send_file(self, name: str) -> None:
        path = inside(self.root, name)
        kind = _TYPES.get(path.suffix, "application/octet-stream")
        data = read_bytes(path, what="requested", max_bytes=_MOST_BYTES)
        self._send(HTTPStatus.OK, data, kind, policy=_FILE_POLICY)

    def _send_sentence(self, status: HTTPStatus, sentence: str) -> None:
        section = Section(title="What happened", blocks=(sentence,))
        page = Page(kind="view", title=status.phrase, lead="", sections=(section,))
        self._send(status, page_html(page, home="/").encode(), _TYPES[".html"])

    def _send(self, status: HTTPStatus, body: bytes, kind: str, *, policy: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cross-Origin-Resource-Policy", "same-origin")
        self.send_header("X-Frame-Options", "DENY")
        self.send_header("Cache-Control", "no-store")
        if policy:
            self.send_header("Content-Security-Policy", policy)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: requests are no news."""
