"""The HTTP/1.1 protocol of uvicorn with a bound on the head of a request.

The parser underneath takes a request line and headers of any length; here they share
`MAX_HEAD_BYTES`.  What is not HTTP is told by a problem document too.
"""

from __future__ import annotations

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from solverhub import wire
from solverhub.server.errors import MEDIA_TYPE

MAX_HEAD_BYTES = 64 * 1024


class BoundedHeadProtocol(HttpToolsProtocol):
    """Refuses a head that is too long with 431, and what does not parse with 400."""

    _head_bytes = 0
    _in_head = True

    def data_received(self, data: bytes) -> None:
        """Count bytes while a head is incomplete, then parse."""
        if self._in_head:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._in_head and self._head_bytes > MAX_HEAD_BYTES and not self.transport.is_closing():
            self._refuse(431, "Request Header Fields Too Large", "shorten the path or the headers")

    def on_message_begin(self) -> None:
        """A new request starts."""
        self._in_head, self._head_bytes = True, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The head is whole."""
        self._in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """What comes next is the head of the next request."""
        super().on_message_complete()
        self._in_head, self._head_bytes = True, 0

    def send_400_response(self, msg: str) -> None:
        """Tell that the bytes are not HTTP, by a problem document."""
        self._refuse(400, "Bad Request", f"{msg} Send HTTP/1.1 as RFC 9112 has it")

    def _refuse(self, status: int, title: str, remedy: str) -> None:
        body = wire.dump(
            {"type": "about:blank", "title": title, "status": status, "remedy": remedy}
        )
        head = (
            f"HTTP/1.1 {status} {title}\r\ncontent-type: {MEDIA_TYPE}\r\n"
            f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.close()
