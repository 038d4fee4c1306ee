"""The JSON bodies that the API takes, as pydantic models: the source of their OpenAPI form.

The enums of problems and solvers come from the literal tables of this package, so that
the OpenAPI document does not depend on what is installed; names that installed packages
add are accepted all the same.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from solverhub import catalog
from solverhub.problems import families
from solverhub.service.views import JobRequest

PROBLEMS = families.names()
SOLVERS = ["auto", *sorted({name for _, name in catalog.SOLVERS})]
LONGEST_NAME = 200
LARGEST_INTEGER = 2**63 - 1

ProblemName = Annotated[
    str,
    Field(
        max_length=LONGEST_NAME,
        description="Family of the instance; may be left out where the instance names it.",
        json_schema_extra={"enum": PROBLEMS},
    ),
]
SolverName = Annotated[
    str,
    Field(
        max_length=LONGEST_NAME,
        description="A solver of the problem, or `auto`, which chooses.",
        json_schema_extra={"enum": SOLVERS},
    ),
]
Digest = Annotated[
    str,
    Field(pattern=r"^sha256:[0-9a-f]{64}$", description="What PUT /v1/instances answered."),
]
JsonObject = dict[str, Any]


class Form(BaseModel):
    """Base of all bodies: unknown members are refused, nothing is converted."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class BudgetForm(Form):
    """What a solve may spend."""

    time_s: Annotated[float, Field(ge=0, description="Seconds of wall time.")] | None = None
    iterations: Annotated[int, Field(ge=0, le=LARGEST_INTEGER)] | None = None
    target: Annotated[float, Field(description="Stop at an objective this good.")] | None = None
    gap: Annotated[float, Field(ge=0, description="Relative gap that counts as optimal.")] = 1e-6
    threads: Annotated[int, Field(ge=1, le=4096)] | None = None
    device: Literal["auto", "cpu", "cuda"] = "auto"
    memory_bytes: Annotated[int, Field(ge=1, le=LARGEST_INTEGER)] | None = None
    deterministic: bool = False


class RouteForm(Form):
    """Body of POST /v1/route: an instance, given here or by the digest of an upload."""

    problem: ProblemName | None = None
    instance: JsonObject | None = Field(
        None, description="The JSON form of an instance of the problem."
    )
    instance_digest: Digest | None = None
    signs: Annotated[
        bool, Field(description="Replace each summed edge weight by its sign and drop zeros.")
    ] = False
    symmetrise: Annotated[
        bool, Field(description="Take the mean of both directions of a distance matrix.")
    ] = False
    solver: SolverName = "auto"
    budget: BudgetForm = Field(default_factory=BudgetForm)

    @model_validator(mode="after")
    def _one_instance(self) -> Self:
        if (self.instance is None) == (self.instance_digest is None):
            raise ValueError("give either `instance` or `instance_digest`")
        return self

    def request(self) -> JobRequest:
        """The job as the service takes it."""
        values = {name: getattr(self, name) for name in type(self).model_fields}
        return JobRequest(**{**values, "budget": self.budget.model_dump(exclude_unset=True)})


class JobForm(RouteForm):
    """Body of POST /v1/jobs."""

    params: JsonObject = Field(default_factory=dict, description="Parameters of the solver.")
    seed: Annotated[int, Field(ge=0, le=LARGEST_INTEGER)] = 0
    warm_start: JsonObject | None = Field(
        None, description="A solution in the JSON form of the problem."
    )
    use_cache: Annotated[bool, Field(description="Answer from the cache where it can.")] = True
    name: Annotated[str, Field(max_length=LONGEST_NAME, description="Shown in lists.")] | None = (
        None
    )
    priority: Annotated[int, Field(ge=-100, le=100, description="Higher goes first.")] = 0


class BatchForm(Form):
    """Body of POST /v1/batches."""

    jobs: Annotated[list[JobForm], Field(min_length=1, max_length=10_000)]
