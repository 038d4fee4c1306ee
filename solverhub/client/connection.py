"""The part of talking to httpx that the blocking and the asynchronous client share."""

from __future__ import annotations

from typing import Any

import httpx

from solverhub.client.exchange import Call, Lost, Reply
from solverhub.core.errors import InvalidParams


def address(url: str) -> str:
    """The server's address; `InvalidParams` where it is not one."""
    if not url.startswith(("http://", "https://")):
        raise InvalidParams(
            f"{url!r} is not the address of a server", remedy="start it with http:// or https://"
        )
    return url


def headers(api_key: str | None) -> dict[str, str]:
    """Headers of every request."""
    found = {"accept": "application/json"}
    return found if api_key is None else found | {"authorization": f"Bearer {api_key}"}


def request_fields(call: Call, timeout_s: float) -> dict[str, Any]:
    """Arguments of httpx's `request` and `stream`, the file left out."""
    return {
        "method": call.method,
        "url": call.path,
        "params": dict(call.query),
        "headers": dict(call.headers),
        "content": call.body,
        "data": None if call.fields is None else dict(call.fields),
        "timeout": httpx.Timeout(timeout_s, read=timeout_s + call.wait_s),
    }


def reply_of(answer: httpx.Response) -> Reply:
    """An answer that has been read."""
    return Reply(answer.status_code, dict(answer.headers), answer.content)


def lost(error: httpx.RequestError) -> Lost:
    """No answer from the server of the request."""
    url = error.request.url
    return Lost(error, f"{url.scheme}://{url.netloc.decode()}")
