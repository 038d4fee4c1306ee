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

    _head_bytes = 0  # of the head's parsed part
    _waiting_bytes = 0  # of a line of the head that has no end yet
    _in_head = True

    def data_received(self, data: bytes) -> None:
        """Count bytes while a head is incomplete, then parse."""
        self._waiting_bytes += len(data)
        super().data_received(data)
        if self._in_head and self._too_long and not self.transport.is_closing():
            self._refuse_head()

    @property
    def _too_long(self) -> bool:
        return self._head_bytes + self._waiting_bytes > MAX_HEAD_BYTES

    def _parsed(self, size: int) -> None:
        """Count a parsed part: a whole head may come in one piece, long as it is."""
        self._head_bytes += size
        self._waiting_bytes = 0
        if self._too_long:
            raise OverflowError("the head is too long")  # the parser stops and calls for a 400

    def on_message_begin(self) -> None:
        """A new request starts."""
        self._in_head, self._head_bytes = True, 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """A piece of the path."""
        self._parsed(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header line, whole."""
        self._parsed(len(name) + len(value))
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head is whole."""
        self._in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """What comes next is the head of the next request."""
        super().on_message_complete()
        self._in_head, self._head_bytes, self._waiting_bytes = True, 0, 0

    def send_400_response(self, msg: str) -> None:
        """Tell that the bytes are not HTTP, or that the head is too long, by a problem document."""
        if self._head_bytes > MAX_HEAD_BYTES:
            self._refuse_head()
            return
        self._refuse(400, "Bad Request", f"{msg} Send HTTP/1.1 as RFC 9112 has it")

    def _refuse_head(self) -> None:
        self._refuse(431, "Request Header Fields Too Large", "shorten the path or the headers")

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
