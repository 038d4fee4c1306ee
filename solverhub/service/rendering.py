"""Results as callers get them.

What a run found is rendered once and shared by its jobs; only the instance's name, which
each job has of its own, is put in front when a result is read.
"""

from __future__ import annotations

import zstandard

from solverhub import wire
from solverhub.core.result import InstanceReference, Limit, Reason, Result, Termination
from solverhub.service.views import JobView

_LEVEL = 3


def render(result: Result) -> bytes:
    """The packed JSON form of a result without its `instance`."""
    members = wire.result_to_wire(result)
    del members["instance"]
    return zstandard.compress(wire.dump(members), _LEVEL)


def compose(packed: bytes, reference: InstanceReference) -> bytes:
    """The JSON form of a packed result, with its instance."""
    instance = wire.dump({"instance": {"name": reference.name, "digest": reference.digest}})
    return instance[:-1] + b"," + zstandard.decompress(packed)[1:]


def empty(view: JobView) -> bytes:
    """The JSON form of the result of a job that ended before it had found anything."""
    result = Result(
        termination=Termination(
            Reason(view.reason or "no_solution"), Limit(view.limit) if view.limit else None
        ),
        problem=view.problem,
        solver=view.solver,
        instance=InstanceReference(view.name, view.instance_digest),
    )
    return wire.dump(wire.result_to_wire(result))
