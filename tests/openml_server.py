"""A loopback server with the part of OpenML's REST API (v1, XML) that a download needs.

with serve({61: iris}, Faults(...)) as server:
    read_openml(61, server=server.url, ...)
"""

import hashlib
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from xml.sax.saxutils import escape

from bnlab.data.datasets import Table

NAMESPACE = 'xmlns:oml="http://openml.org/openml"'
TARGET = "class"


@dataclass
class Faults:
    """Numbers of first downloads with each fault, and the wait before every answer in seconds."""

    unavailable: int = 0
    truncated: int = 0
    corrupt: int = 0
    slow_seconds: float = 0.0
    unavailable_body: bytes = b"try again"


@dataclass
class Served:
    """A running server: its address, its remaining faults, and the paths of all requests."""

    url: str
    faults: Faults
    requests: list[str] = field(default_factory=list)

    @property
    def downloads(self) -> int:
        return sum("/download/" in path for path in self.requests)


def arff(table: Table) -> bytes:
    """Return a table as ARFF text, every name and class in quotes."""
    lines = ["% made for a test", "@RELATION 'a table'"]
    lines += [f"@ATTRIBUTE '{name}' REAL" for name in table.feature_names]
    classes = ",".join(f"'{name}'" for name in table.class_names)
    lines += [f"@ATTRIBUTE '{TARGET}' {{{classes}}}", "", "@DATA"]
    lines += [
        ",".join(map(repr, row)) + f",'{table.class_names[k]}'"
        for row, k in zip(table.x.tolist(), table.y, strict=True)
    ]
    return ("\n".join(lines) + "\n").encode()


def _description(number: int, body: bytes, host: str, changes: Mapping[str, str]) -> bytes:
    values = {
        "id": number,
        "name": f"table{number}",
        "version": 1,
        "format": "ARFF",
        "upload_date": "2020-01-01T00:00:00",
        "licence": "Public",
        "url": f"{host}/data/v1/download/{number}/table.arff",
        "file_id": number,
        "default_target_attribute": TARGET,
        "visibility": "public",
        "status": "active",
        "md5_checksum": hashlib.md5(body).hexdigest(),
        **changes,
    }
    inner = "".join(f"<oml:{key}>{escape(str(value))}</oml:{key}>" for key, value in values.items())
    return f"<oml:data_set_description {NAMESPACE}>{inner}</oml:data_set_description>".encode()


def _handler(
    tables: Mapping[int, Table | bytes], served: Served, changes: Mapping[str, str]
) -> type[BaseHTTPRequestHandler]:
    bodies = {
        number: table if isinstance(table, bytes) else arff(table)
        for number, table in tables.items()
    }

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

        def answer(self, status: int, body: bytes, missing: int = 0) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "text/plain; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: len(body) - missing])

        def do_GET(self) -> None:
            served.requests.append(self.path)
            time.sleep(served.faults.slow_seconds)
            parts = self.path.split("?")[0].strip("/").split("/")
            download = "download" in parts
            number = int(parts[-2] if download else parts[-1])
            if number not in bodies:
                code = "<oml:code>111</oml:code><oml:message>Unknown dataset</oml:message>"
                self.answer(412, f"<oml:error {NAMESPACE}>{code}</oml:error>".encode())
            elif download:
                self.download(bodies[number])
            else:
                host = served.url.split("/api/")[0]
                self.answer(200, _description(number, bodies[number], host, changes))

        def download(self, body: bytes) -> None:
            faults = served.faults
            if faults.unavailable > 0:
                faults.unavailable -= 1
                self.answer(503, faults.unavailable_body)
            elif faults.truncated > 0:
                faults.truncated -= 1
                self.answer(200, body, missing=len(body) // 2)
            elif faults.corrupt > 0:
                faults.corrupt -= 1
                self.answer(200, body.replace(b"5", b"6"))
            else:
                self.answer(200, body)

    return Handler


@contextmanager
def serve(
    tables: Mapping[int, Table | bytes],
    faults: Faults | None = None,
    changes: Mapping[str, str] | None = None,
) -> Iterator[Served]:
    """Serve `tables`, or ARFF files, by OpenML id from a free port of 127.0.0.1 until the block ends.

    Args:
        tables: by the id.
        faults: of the server.
        changes: entries of the descriptions that are other than usual.
    """
    served = Served("", faults or Faults())
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(tables, served, changes or {}))
    server.daemon_threads = True
    served.url = f"http://127.0.0.1:{server.server_port}/api/v1/xml"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
