"""A reverse proxy before the real API server whose clock is wrong: every answer's Date is shifted, nothing else."""

from __future__ import annotations

import contextlib
import http.client
import ssl
import threading
from collections.abc import Iterator
from email.utils import formatdate, parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import trustme

from tests.controlplane.running import ControlPlane

_OURS = ("connection", "transfer-encoding", "keep-alive", "host")


@contextlib.contextmanager
def shifted(plane: ControlPlane, authority: trustme.CA, seconds: float) -> Iterator[str]:
    """Its address. It speaks to the API server as the admin, whoever calls, and streams watches as they come."""
    upstream = ssl.create_default_context(cafile=str(plane.folder / "ca.crt"))
    upstream.load_cert_chain(plane.folder / "admin.crt", plane.folder / "admin.key")
    there = urlsplit(plane.url)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _carry(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            asked = {name: value for name, value in self.headers.items() if name.lower() not in _OURS}
            far = http.client.HTTPSConnection(str(there.hostname), there.port, timeout=600, context=upstream)
            with contextlib.closing(far), contextlib.suppress(OSError, http.client.HTTPException):
                far.request(self.command, self.path, body or None, asked)
                self._answer(far.getresponse())
            self.close_connection = True

        def _answer(self, reply: http.client.HTTPResponse) -> None:
            self.send_response_only(reply.status)
            for name, value in reply.getheaders():
                if name.lower() == "date":
                    value = formatdate(parsedate_to_datetime(value).timestamp() + seconds, usegmt=True)
                if name.lower() not in _OURS:
                    self.send_header(name, value)
            self.send_header("connection", "close")
            self.end_headers()
            while part := reply.read1(65536):
                self.wfile.write(part)
                self.wfile.flush()

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _carry  # noqa: N815 - as http.server wants them

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"https://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.socket.close()
        thread.join(5)
