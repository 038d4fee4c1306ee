"""Server-sent events come out the same however the network cuts them."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solverhub.client.event_stream import EventStream
from solverhub.core.events import EventKind

TEXT = (
    b'id: 1\nevent: state\ndata: {"kind":"state","wall_s":0,"message":"running"}\n\n'
    b": alive\n\n"
    b'id: 2\nevent: incumbent\ndata: {"kind":"incumbent","wall_s":0.5,"objective":7}\n\n'
    b'id: 3\r\nevent: bound\r\ndata:{"kind":"bound","wall_s":0.7,"bound":9.5}\r\n\r\n'
    b'id: 4\nevent: novel\ndata: {"kind":"novel","wall_s":0.7}\n\n'
    b'id: 9\nevent: state\ndata: {"kind":"state","wall_s":1,"message":"finished"}\n\n'
)


@given(st.lists(st.integers(0, len(TEXT)), max_size=12))
def test_cuts_do_not_matter(places):
    stream, found = EventStream(), []
    for start, end in itertools.pairwise([0, *sorted(places), len(TEXT)]):
        found += stream.receive(TEXT[start:end])
    assert [event.kind for event in found] == [EventKind.INCUMBENT, EventKind.BOUND]
    assert (found[0].objective, found[1].bound) == (7, 9.5)
    assert stream.ended
    assert stream.last_id == 9


@given(st.integers(0, len(TEXT)))
def test_a_new_connection_goes_on_after_the_last_whole_event(cut):
    stream = EventStream()
    found = stream.receive(TEXT[:cut])
    call = stream.call("job/1")
    assert call.path == "/v1/jobs/job%2F1/events"
    seen = int(call.headers["last-event-id"])
    rest = TEXT[TEXT.index(b"id: %d" % _after(seen)) :] if seen < 9 else b""
    found += stream.receive(rest)
    assert [event.kind for event in found] == [EventKind.INCUMBENT, EventKind.BOUND]
    assert stream.ended


def _after(seen):
    return next(number for number in (1, 2, 3, 4, 9) if number > seen)


@pytest.mark.parametrize("state", ["queued", "running"])
def test_only_a_terminal_state_ends_the_stream(state):
    stream = EventStream()
    text = f'id: 1\ndata: {{"kind":"state","wall_s":0,"message":"{state}"}}\n\n'
    stream.receive(text.encode())
    assert not stream.ended
