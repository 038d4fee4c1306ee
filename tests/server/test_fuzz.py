"""Valid bodies with one thing changed: answered or refused, never an error of the server."""

import copy
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from solverhub import assets

pytestmark = pytest.mark.slow

EXAMPLES = sorted((assets.folder("api") / "examples").glob("*.json"))
BODIES = [json.loads(path.read_text("utf-8")) for path in EXAMPLES if path.stem != "batch"]
ODD = [None, True, -1, 0, 1, 2**31, 2**63, 2**70, 10**400, 0.5, -0.0, 1e308, 5e-324]
ODD += ["", "x", "x" * 300, "\0", "ä\u2028", "1", [], {}, [[]], [None], {"": {}}, [[0, 0, 0]]]


def places(node, path=()):
    """Every place in a JSON value."""
    yield path
    children = node.items() if isinstance(node, dict) else enumerate(node)
    for key, child in children:
        if isinstance(child, dict | list):
            yield from places(child, (*path, key))
        else:
            yield (*path, key)


def put(body, path, value):
    """The body with another value at one place."""
    body = copy.deepcopy(body)
    node = body
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = value
    return body


@given(st.data())
@settings(
    max_examples=1500,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
def test_one_odd_value_never_breaks_the_server(api, data):
    body = data.draw(st.sampled_from(BODIES))
    path = data.draw(st.sampled_from([place for place in places(body) if place]))
    changed = put(body, path, data.draw(st.sampled_from(ODD)))
    target = data.draw(st.sampled_from(["/v1/route", "/v1/jobs"]))
    if target == "/v1/jobs" and isinstance(changed.get("budget"), dict):
        changed["budget"] = changed["budget"] | {"time_s": 0.05}
    answer = api.post(target, json=changed)
    assert answer.status_code < 500, (changed, answer.text)
    if answer.status_code >= 400:
        assert answer.json()["detail"]
