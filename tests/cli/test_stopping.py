"""Ctrl-C as a wish: the first sets the flag, the second raises, handlers are put back."""

import os
import signal

import pytest

from solverhub.cli.stopping import StopOnInterrupt


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_first_and_second_signal(number, capsys):
    before = signal.getsignal(number)
    with StopOnInterrupt() as stop:
        assert not stop.is_set()
        os.kill(os.getpid(), number)
        assert stop.is_set()
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), number)
    assert signal.getsignal(number) is before
    assert "once more" in capsys.readouterr().err
