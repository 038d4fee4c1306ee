"""The one tree of errors.

Outcomes of a solve (no solution, infeasible, stopped by a limit) are data in a
`Termination`; only misuse, bad input and broken machinery raise.  Every message
names the thing, the place and the remedy.  A class's docstring is its message
where the raiser has nothing more exact to say.
"""

from __future__ import annotations


class SolverhubError(Exception):
    """Something went wrong in solverhub; the cause below names it."""

    def __init__(self, message: str | None = None, *, remedy: str | None = None) -> None:
        self.message = message or (type(self).__doc__ or "").strip()
        self.remedy = remedy
        super().__init__(self.message)

    def __str__(self) -> str:
        return f"{self.message}: {self.remedy}" if self.remedy else self.message


class InputError(SolverhubError):
    """The input cannot be used; see the place it names."""


class ParseError(InputError):
    """The file does not follow its format."""

    def __init__(
        self,
        message: str,
        *,
        file: str = "<input>",
        line: int | None = None,
        column: int | None = None,
        remedy: str | None = None,
    ) -> None:
        super().__init__(message, remedy=remedy)
        self.file, self.line, self.column = file, line, column

    @property
    def place(self) -> str:
        """`file:line:column`, as far as it is known (lines and columns from 1)."""
        return ":".join(str(part) for part in (self.file, self.line, self.column) if part)

    def __str__(self) -> str:
        return f"{self.place}: {super().__str__()}"

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild_parse_error, (self.message, self.file, self.line, self.column, self.remedy)


def _rebuild_parse_error(
    message: str, file: str, line: int | None, column: int | None, remedy: str | None
) -> ParseError:
    return ParseError(message, file=file, line=line, column=column, remedy=remedy)


class InvalidInstance(InputError):
    """The instance is well-formed text but not an instance of its problem."""


class InvalidSolution(InputError):
    """The solution or warm start does not have the form that the instance needs."""


class InvalidParams(InputError):
    """A parameter of the solver is unknown or out of its range."""


class UnknownName(InputError):
    """No problem, solver or suite has this name."""


class AmbiguousProblem(InputError):
    """The file fits several problems; name one with --problem."""


class InputTooLarge(InputError):
    """The input exceeds a limit on its size, depth or counts."""


class MissingDependency(SolverhubError):
    """An optional package is needed and is not installed."""


class SolverFailed(SolverhubError):
    """The solver broke down, which says nothing about the instance."""


class StorageFull(SolverhubError):
    """The disk that holds the job store is full; free space there and send the request again."""


class UnknownId(InputError):
    """No job, batch or instance has this id; it may have outlived its retention time."""


class Conflict(InputError):
    """The request contradicts an earlier one, as when an idempotency key is used twice."""


class Unauthorised(SolverhubError):
    """The API key is missing or unknown; send it as `Authorization: Bearer KEY`."""


class Overloaded(SolverhubError):
    """The service has as much queued as it takes; send the request again later."""


class Unreachable(SolverhubError):
    """The server cannot be reached; check its address and that it runs."""
