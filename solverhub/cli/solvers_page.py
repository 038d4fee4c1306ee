"""`python -m solverhub.cli.solvers_page > docs/solvers.md`: the catalog and the rules of `auto`.

A test compares the page with what this writes, so that it cannot fall behind.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from solverhub import catalog
from solverhub.problems import families
from solverhub.routing.rule import Rule, Share
from solverhub.routing.rules import RULES


def page() -> str:
    """The page as Markdown."""
    return "\n".join([*_solvers(), *_rules(), *_params()]) + "\n"


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    for cells in (header, ["---"] * len(header), *rows):
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _own() -> list[tuple[catalog.Entry, Any]]:
    """The entries of this package, without those that other packages add."""
    return [
        (entry, catalog.solver_class(entry.problem, entry.name))
        for entry in catalog.entries()
        if (entry.problem, entry.name) in catalog.SOLVERS
    ]


def _solvers() -> Iterator[str]:
    yield from ("# Solvers", "", "Written by `python -m solverhub.cli.solvers_page`.", "")
    rows = [
        [
            entry.problem,
            f"`{entry.name}`",
            kind.title,
            kind.guarantee.value,
            ", ".join(kind.devices),
        ]
        for entry, kind in _own()
    ]
    yield from _table(["problem", "solver", "what", "guarantee", "devices"], rows)


def _rules() -> Iterator[str]:
    yield from ("", "## How `auto` chooses", "")
    yield "The first rule of a family that applies and whose solvers are installed. Several solvers"
    yield "race in processes of their own and exchange incumbents and bounds."
    for family in families.names():
        own = [rule for rule in RULES if family in rule.problems]
        yield from ("", f"### `{family}`", "")
        yield from _table(["when", "runs", "why"], [_rule(rule) for rule in own])


def _rule(rule: Rule) -> list[str]:
    runs = [f"`{share.solver}`{_threads(share)}" for share in rule.shares]
    return [rule.when, " and ".join(runs), rule.why]


def _threads(share: Share) -> str:
    if share.threads is None:
        return " (all threads)"
    return f" ({share.threads} thread{'s' if share.threads > 1 else ''})"


def _params() -> Iterator[str]:
    yield from ("", "## Parameters", "", "Set with `--param NAME=VALUE` or the field `params`.")
    serves: dict[Any, list[str]] = {}
    for entry, kind in _own():
        serves.setdefault(kind, []).append(f"`{entry.problem}`")
    for kind, names in serves.items():
        yield from ("", f"### `{kind.name}` for {', '.join(names)}", "")
        rows = [[f"`{value}`" for value in one.values()] for one in kind.Params.describe()]
        yield from _table(["parameter", "type", "default"], rows)


if __name__ == "__main__":
    print(page(), end="")
