"""Doorbells between the processes of a service.

A bell says that something may have changed in the store, and the topic says what; it may
be lost or rung in vain, so whoever waits for one looks every `POLL_S` anyway.  Here bells are
datagrams between Unix sockets in a folder; another `Notifier` may carry them otherwise.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import select
import socket
from pathlib import Path
from typing import Protocol

POLL_S = 0.5
WORK = "work"
NEWS = "news"


class Listener(Protocol):
    """One process's ear for one channel."""

    def fileno(self) -> int:
        """Becomes readable when the bell rings."""
        ...

    def heard(self, timeout_s: float = 0.0) -> set[str]:
        """Topics rung since the last call; waits for the first up to `timeout_s`."""
        ...

    def close(self) -> None:
        """Stop listening."""
        ...


class Notifier(Protocol):
    """Rings bells and hears them."""

    def ring(self, channel: str, topic: str = "") -> None:
        """Wake whoever listens to the channel; never fails, never waits."""
        ...

    def listen(self, channel: str) -> Listener:
        """Start to hear the channel."""
        ...


class SocketNotifier:
    """Bells for the processes of one host.

    Sockets are addressed through `/proc/self/fd`, since a socket's path may have at most
    107 bytes and a data directory's may be longer.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self._socket = _datagram_socket()

    def ring(self, channel: str, topic: str = "") -> None:
        """Wake whoever listens to the channel; never fails, never waits."""
        for name in os.listdir(self._folder):
            if name.startswith(f"{channel}."):
                self._send(name, topic)

    def listen(self, channel: str) -> Listener:
        """Start to hear the channel."""
        return SocketListener(self._folder, f"{channel}.{secrets.token_hex(8)}")

    def close(self) -> None:
        """Give the descriptors back."""
        self._socket.close()
        os.close(self._folder)

    def _send(self, name: str, topic: str) -> None:
        try:
            self._socket.sendto(topic.encode(), _address(self._folder, name))
        except ConnectionRefusedError:
            with contextlib.suppress(OSError):
                os.unlink(name, dir_fd=self._folder)
        except OSError:
            return


class SocketListener:
    """Hears one channel."""

    def __init__(self, folder: int, name: str) -> None:
        self._folder, self._name = folder, name
        self._socket = _datagram_socket()
        self._socket.bind(_address(folder, name))

    def fileno(self) -> int:
        """Becomes readable when the bell rings."""
        return self._socket.fileno()

    def heard(self, timeout_s: float = 0.0) -> set[str]:
        """Topics rung since the last call; waits for the first up to `timeout_s`."""
        topics: set[str] = set()
        if timeout_s > 0:
            select.select([self._socket], [], [], timeout_s)
        with contextlib.suppress(BlockingIOError):
            while True:
                topics.add(self._socket.recv(256).decode())
        return topics

    def close(self) -> None:
        """Stop listening."""
        with contextlib.suppress(OSError):
            os.unlink(self._name, dir_fd=self._folder)
        self._socket.close()


def _datagram_socket() -> socket.socket:
    made = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    made.setblocking(False)
    return made


def _address(folder: int, name: str) -> str:
    return f"/proc/self/fd/{folder}/{name}"
