"""A store without processes around it, and submissions to put into it."""

from solverhub.core.result import Limit, Reason, Result, Termination
from solverhub.service.ending import Verdict
from solverhub.service.instances import Content
from solverhub.service.store import Store
from solverhub.service.submissions import Submission
from solverhub.service.views import JobState


class Clock:
    """Time that passes when told to."""

    def __init__(self):
        self.now = 1_000_000.0

    def __call__(self):
        return self.now


def store_at(settings):
    clock = Clock()
    return Store(settings, clock), clock


def submission(flight=None, *, slots=1, priority=0, name="job", time_s=1.0, **more):
    return Submission(
        problem="max-cut",
        solver="drip",
        name=name,
        digest="sha256:1",
        time_s=time_s,
        slots=slots,
        priority=priority,
        request="{}",
        content=Content.inline("instance.json", b"{}"),
        flight=flight,
        **more,
    )


def done(objective=1, state=JobState.FINISHED):
    return Verdict(
        state=state, reason="feasible", objective=objective, verified=True, body=b"packed"
    )


def result(reason=Reason.FEASIBLE, limit=None, **more):
    return Result(termination=Termination(Reason(reason), limit and Limit(limit)), **more)
