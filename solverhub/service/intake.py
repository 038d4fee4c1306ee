"""From a request to a submission: validated, its defaults filled in, its question named."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from solverhub import catalog, wire
from solverhub.config import Settings
from solverhub.core.budget import DEFAULT_GAP, Budget, available_threads
from solverhub.core.errors import InvalidParams, ParseError, UnknownId
from solverhub.core.problem import Manner, Parsed
from solverhub.core.result import Result
from solverhub.problems import judge
from solverhub.routing.route import AUTO, route
from solverhub.service import answers, payload, planning, rendering
from solverhub.service.answers import Answer
from solverhub.service.database import Database
from solverhub.service.ending import Verdict
from solverhub.service.identity import digest
from solverhub.service.instances import INLINE_BYTES, Content, Instances
from solverhub.service.questions import question
from solverhub.service.readings import Known, Readings
from solverhub.service.recent import Recent
from solverhub.service.spool import Spool
from solverhub.service.submissions import Submission
from solverhub.service.views import JobRequest, JobState, PlanView

INLINE_NAME = "instance.json"
DEFAULT_THREADS = 1


class Intake:
    """Turns requests into submissions."""

    def __init__(self, settings: Settings, database: Database, spool: Spool) -> None:
        self._settings, self._database, self._spool = settings, database, spool
        self._instances = Instances(database)
        self._readings = Readings(settings, self._instances, spool)
        self._told: Recent[Verdict] = Recent(512)
        self.slots = settings.slots or available_threads()

    def submission(self, request: JobRequest) -> Submission:
        """The request as the store takes it; errors name what the caller can mend."""
        budget = self._budget(request.budget)
        content = self._content(request)
        known = self._readings.read(
            content,
            request.problem,
            manner=request.manner,
            form=request.instance,
            warm_start=request.warm_start,
        )
        problem = known.reading.problem
        params = _params(problem, request.solver, request.params, known.parsed, budget["threads"])
        asked = question(
            problem=problem,
            instance=known.reading.digest,
            solver=request.solver,
            params=params,
            seed=request.seed,
            budget=budget,
            warm_start=known.warm_start,
        )
        name = request.name or known.reading.name
        orders = {
            "problem": problem,
            "file_name": content.name,
            "name": name,
            **asdict(request.manner),
            "solver": request.solver,
            "budget": budget,
            "params": dict(request.params),
            "seed": request.seed,
            "warm_start": request.warm_start,
            "question": asked if request.use_cache else None,
            "digest": known.reading.digest,
        }
        item = Submission(
            problem=problem,
            solver=request.solver,
            name=name,
            digest=known.reading.digest,
            time_s=budget["time_s"],
            slots=budget["threads"],
            priority=request.priority,
            request=wire.dump(orders).decode(),
            content=content,
            flight=None,
        )
        if not request.use_cache:
            return item
        item = replace(item, flight=_flight(asked, item, request.manner))
        return self._answered(item, asked, known, budget.get("gap", DEFAULT_GAP))

    def plan(self, request: JobRequest) -> PlanView:
        """What a job with this request would run, and why."""
        budget, content = self._budget(request.budget), self._content(request)
        known = self._readings.read(
            content, request.problem, manner=request.manner, form=request.instance
        )
        asked = (request.solver, budget, dict(request.params))
        if known.parsed is not None:
            return planning.plan(known.parsed, *asked)
        return self._readings.apart(
            planning.plan_there, content, request.problem, request.manner, *asked
        )

    def _answered(self, item: Submission, asked: str, known: Known, gap: float) -> Submission:
        """The same with its answer, if the cache has one that can be told here and now.

        A large instance is not at hand to name the solution's items by; its worker finds the
        answer in the cache.
        """
        if known.parsed is None:
            return item
        answer = answers.find(self._database, asked, item.time_s)
        if answer is None:
            return item
        told = digest(str(item.flight).encode(), answer.body)
        verdict = self._told.get(told)
        if verdict is None:
            result = recall(answer, known.parsed, gap)
            if result is None:
                return item
            verdict = self._told[told] = cached_verdict(result)
        return replace(item, answered=verdict, answer=answer, body=told)

    def _content(self, request: JobRequest) -> Content:
        if (request.instance is None) == (request.instance_digest is None):
            raise ParseError(
                "the request has not one of instance and instance_digest",
                remedy="give the instance itself, or the digest of an uploaded one",
            )
        if request.instance is not None:
            content = Content.inline(INLINE_NAME, wire.dump(request.instance))
            if content.size > INLINE_BYTES:
                self._spool.keep(content.body or b"")
                content = replace(content, body=None)
            return content
        found = self._instances.find(str(request.instance_digest))
        if found is None:
            raise UnknownId(
                f"no instance has the digest {str(request.instance_digest)[:80]!r}",
                remedy="upload it by PUT /v1/instances",
            )
        return found

    def _budget(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The budget with every field that the service decides on filled in."""
        wire.budget_from_wire(given)
        settings = self._settings
        budget = {name: value for name, value in given.items() if value is not None}
        unlimited = settings.max_time_limit_s if "iterations" in budget else None
        budget.setdefault("time_s", unlimited or settings.default_time_limit_s)
        budget["time_s"] = float(budget["time_s"])
        budget.setdefault("threads", DEFAULT_THREADS)
        _at_most("time limit", budget["time_s"], settings.max_time_limit_s, "s")
        _at_most("number of threads", budget["threads"], self.slots, "")
        if settings.memory_bytes is not None:
            budget.setdefault("memory_bytes", settings.memory_bytes)
            _at_most("memory limit", budget["memory_bytes"], settings.memory_bytes, "bytes")
        return budget


def recall(answer: Answer, parsed: Parsed, gap: float) -> Result | None:
    """The cached answer, judged again for this input; None if it does not hold."""
    kept = replace(payload.unpack(answer.body), warnings=parsed.warnings, parsed=parsed)
    result = judge.verify(kept, parsed, gap)
    if result.provenance is not None:
        result = replace(result, provenance=replace(result.provenance, cached=True))
    return result if answers.worth_keeping(result) else None


def cached_verdict(result: Result) -> Verdict:
    """How a job ends that the cache answers."""
    return replace(verdict(result, JobState.FINISHED), cached=True)


def verdict(result: Result, state: JobState) -> Verdict:
    """How a job ends with a judged result."""
    termination = result.termination
    return Verdict(
        state=state,
        reason=termination.reason.value,
        limit=None if termination.limit is None else termination.limit.value,
        objective=result.objective,
        bound=result.bound,
        verified=result.verified,
        body=rendering.render(result),
    )


def _params(
    problem: str,
    solver: str,
    given: Mapping[str, Any],
    parsed: Parsed | None,
    threads: int,
) -> dict[str, Any]:
    """The parameters with their defaults; those of `auto` are for whichever solvers it takes.

    Without the instance at hand the latter are looked at when the job runs.
    """
    if solver != AUTO:
        return catalog.solver(problem, solver).Params.from_mapping(given).to_mapping()
    if given and parsed is not None:
        route(parsed, Budget.start(threads=threads), AUTO, given)
    return dict(given)


def _flight(asked: str, item: Submission, manner: Manner) -> str:
    """Equal for jobs that may share a run: one question, one time limit, one text of the input."""
    parts = (asked, repr(item.time_s), item.content.digest, item.content.name, str(manner))
    return digest("\n".join(parts).encode())


def _at_most(what: str, value: float, limit: float, unit: str) -> None:
    if value > limit:
        raise InvalidParams(
            f"the {what} is {value:g} {unit}".rstrip(),
            remedy=f"this server gives at most {limit:g} {unit}".rstrip(),
        )
