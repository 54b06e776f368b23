"""The page of a study that is searched, served on this machine alone and read anew from its database."""

from __future__ import annotations

import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, final

from nas_gan.errors import InputError, one_line

if TYPE_CHECKING:
    from nas_gan.api.study import Study
    from nas_gan.report.study.page import Sheets, Source
    from nas_gan.search.views import TrialView

HOST = "127.0.0.1"
REFRESH_SECONDS = 5
NAMES = ("127.0.0.1", "localhost")
SHEET_PATH = re.compile(r"/samples/(\d+)/(\d+)\.png")


def open_server(study: Study, port: int) -> ThreadingHTTPServer:
    """Open a server of a study's page on 127.0.0.1; port 0 is any that is free. Raises InputError for one that isn't.

    It answers those alone who call it by that address, or `localhost`: no page of elsewhere can read it.
    """
    watched = _Watched(study)

    class Handler(_Handler):
        page = watched

    try:
        return ThreadingHTTPServer((HOST, port), Handler)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(
            f"{port}: can't be served on ({reason}); give another port", setting="port"
        ) from None


@final
class _Watched:
    """Makes the page of a study, and each part of it, as it stands now; as long as nothing changes, once."""

    def __init__(self, study: Study) -> None:
        self._study = study
        self._lock = threading.Lock()
        self._made: tuple[str, Source] | None = None

    def version(self) -> str:
        """Return a text that changes with the study."""
        from nas_gan.search.views import fingerprint_of

        return fingerprint_of(self._study.optuna)

    def page(self) -> str:
        """Return the whole page."""
        from nas_gan.api.study_page import written_now
        from nas_gan.report.study.page import build_study_page

        version, source = self._source()
        return build_study_page(source, written_now(), version=version, live_seconds=REFRESH_SECONDS)

    def part(self) -> str:
        """Return what the page replaces in itself."""
        from nas_gan.api.study_page import written_now
        from nas_gan.report.study.page import build_study_part

        version, source = self._source()
        return build_study_part(source, written_now(), version)

    def sheet(self, number: int, images: int) -> bytes:
        """Return the samples of a trial."""
        from nas_gan.api.study_page import find_sheets, read_sheet

        view = self._source()[1].study.trial(number)
        if images not in find_sheets(self._study, view):
            raise InputError(f"trial {number}: no samples after {images:,} images")
        return read_sheet(self._study, view, images)

    def _source(self) -> tuple[str, Source]:
        from nas_gan.report.study.page import Source
        from nas_gan.search.views import read_view

        with self._lock:
            version = self.version()
            if self._made is None or self._made[0] != version:
                self._made = version, Source(read_view(self._study.optuna), self._study.storage, self._sheets)
            return self._made

    def _sheets(self, view: TrialView) -> Sheets:
        from nas_gan.api.study_page import find_sheets

        sheets = find_sheets(self._study, view)
        return [(images, f"/samples/{view.number}/{images}.png") for images in sheets]


class _Handler(BaseHTTPRequestHandler):
    page: _Watched
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer a browser."""
        if self.headers.get("Host", "").rpartition(":")[0] not in NAMES:
            self._send(403, "text/plain", b"called by another name than 127.0.0.1 or localhost")
            return
        try:
            self._send(200, *self._answer())
        except InputError as error:
            self._send(404, "text/plain", str(error).encode())
        except ConnectionError:
            return  # the browser has gone
        except Exception as error:  # the next call may find the database well again
            self._send(500, "text/plain", one_line(error).encode())

    def _answer(self) -> tuple[str, bytes]:
        from nas_gan.report.study.page import plotly_script

        if self.path == "/":
            return "text/html; charset=utf-8", self.page.page().encode()
        if self.path == "/part":
            return "text/html; charset=utf-8", self.page.part().encode()
        if self.path == "/version":
            return "text/plain; charset=utf-8", self.page.version().encode()
        if self.path == "/plotly.js":
            return "text/javascript; charset=utf-8", plotly_script().encode()
        if found := SHEET_PATH.fullmatch(self.path):
            return "image/png", self.page.sheet(int(found[1]), int(found[2]))
        raise InputError(f"{self.path}: there is no such page")

    def _send(self, code: int, kind: str, content: bytes) -> None:
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "max-age=86400" if self.path == "/plotly.js" else "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Say nothing: a browser calls every few seconds."""
