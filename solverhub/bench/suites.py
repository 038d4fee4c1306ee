"""What is measured: each suite names its instances, its solvers and the time they get.

A suite is data.  Files are found below the folder given by `--data` or
`SOLVERHUB_BENCH_DATA`; generated instances are frozen by their name, sizes and seed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from solverhub import catalog
from solverhub.bench import references
from solverhub.core.errors import InputError
from solverhub.core.problem import Parsed
from solverhub.problems.generators import generate
from solverhub.problems.reading import read
from solverhub.routing.route import AUTO


@dataclass(frozen=True, slots=True)
class Files:
    """Instance files of one family: a folder below the data folder and patterns of names.

    `signs` keeps only the signs of edge weights.
    """

    problem: str
    folder: str
    patterns: tuple[str, ...] = ("*",)
    signs: bool = False


@dataclass(frozen=True, slots=True)
class Generated:
    """Seeded instances of a generator, one a seed.

    `time_limit_s` takes the place of the suite's, and `reading_s` is the instant at which a
    table by set reads the traces, where the set asks for them.  `label` names the set where
    family and generator do not tell it from others.
    """

    problem: str
    generator: str
    seeds: tuple[int, ...]
    sizes: Mapping[str, Any] = field(default_factory=dict)
    time_limit_s: float | None = None
    reading_s: float | None = None
    label: str = ""

    @property
    def name(self) -> str:
        """The label, or family and generator."""
        return self.label or f"{self.problem}/{self.generator}"


@dataclass(frozen=True, slots=True)
class Suite:
    """Solvers run side by side on instances, each `time_limit_s` on `threads` threads.

    - `solvers` are names of the catalog, or `auto`, with parameters behind colons, such as
      `cp-sat:workers=8`; `seeds` are those of the solvers.
    - `ilp`: show the tables of integer programs, `ilp_tables`, and their plots.
    - `readings_s`: instants at which a table by class of instance reads the traces; empty: none.
    - `also`: suites that `bench` runs after this one, unless it is told solvers or instances.
    - `again`: names of the instances that run with `more_seeds` too.
    """

    name: str
    title: str
    instances: tuple[Files | Generated, ...]
    solvers: tuple[str, ...]
    time_limit_s: float
    threads: int = 2
    seeds: tuple[int, ...] = (0,)
    readings_s: tuple[float, ...] = ()
    again: tuple[str, ...] = ()
    more_seeds: tuple[int, ...] = ()
    also: tuple[str, ...] = ()
    ilp: bool = False

    def seeds_of(self, instance: str) -> tuple[int, ...]:
        """The seeds with which an instance of this name runs."""
        return self.seeds + (self.more_seeds if instance in self.again else ())


_ILP_FILES = Files("ilp", "ilp", ("*.mps.gz", "*.lp.gz"))
ILP_SETS = (
    Generated("ilp", "vertex-cover", (1, 2, 3), label="vertex-cover/small"),
    Generated("ilp", "independent-set", (1, 2, 3), label="independent-set/small"),
    Generated("ilp", "auction", (1, 2, 3), label="auction/small"),
    Generated("ilp", "set-cover", (1, 2, 3), label="set-cover/small"),
    Generated("ilp", "vertex-cover", (1,), {"n": 2000}, label="vertex-cover/large"),
    Generated("ilp", "independent-set", (1,), {"n": 12000}, label="independent-set/large"),
    Generated("ilp", "auction", (1,), {"items": 4000, "bids": 8000}, label="auction/large"),
    Generated("ilp", "set-cover", (1,), {"columns": 8000}, label="set-cover/large"),
)
"""Four families at the two published sizes, see `problems.generators.ilp`; trained policies see
neither these sizes nor these seeds."""

EQUALITY_SETS = (
    Generated("ilp", "generalised-assignment", tuple(range(7)), label="assignment"),
    Generated("ilp", "time-indexed-schedule", tuple(range(7)), label="schedule"),
    Generated("ilp", "lot-sizing", tuple(range(6)), label="lot-sizing"),
)
PROOF_SETS = (
    Generated(
        "ilp",
        "generalised-assignment",
        (1, 2),
        {"agents": 5, "tasks": 40},
        label="small-assignment",
    ),
    Generated(
        "ilp",
        "time-indexed-schedule",
        (1, 2),
        {"jobs": 30, "machines": 2},
        label="small-schedule",
    ),
    Generated("ilp", "lot-sizing", (1, 2), {"items": 6, "periods": 20}, label="small-lots"),
    Generated("ilp", "set-cover", (1, 2), {"columns": 300, "rows": 200}, label="small-cover"),
    Generated("ilp", "auction", (1, 2), {"items": 60, "bids": 160}, label="small-auction"),
    Generated("ilp", "vertex-cover", (1, 2), {"n": 150, "m": 8}, label="small-vertex-cover"),
    Generated("ilp", "independent-set", (1, 2), {"n": 120}, label="small-independent-set"),
)
"""Programs that branch and bound proves within seconds, but not at once."""
_ILP_PEERS = ("highs", "scip", "cp-sat:workers=8")
_GRAPH_FAMILIES = (
    "maximum-independent-set",
    "maximum-clique",
    "minimum-vertex-cover",
    "minimum-dominating-set",
)

SHORT_S, LONG_S = 1.0, 5.0
FROZEN = tuple(range(1_000_000, 1_000_100))
"""Seeds of the frozen graphs, apart from all that is trained on."""

GRAPH_SETS = (
    *(Generated(name, "rb-small", FROZEN, {}, SHORT_S, 0.05) for name in _GRAPH_FAMILIES[:3]),
    *(Generated(name, "rb-large", FROZEN, {}, LONG_S, LONG_S) for name in _GRAPH_FAMILIES[:2]),
    Generated(_GRAPH_FAMILIES[3], "ba-small", FROZEN, {}, SHORT_S, 0.05),
    Generated(_GRAPH_FAMILIES[3], "ba-large", FROZEN, {}, LONG_S, 0.2),
    Generated("max-cut", "ba-small", FROZEN, {}, SHORT_S, 0.05),
    Generated("max-cut", "ba-large", FROZEN, {}, LONG_S, 1.5),
)
"""The frozen test sets of graph problems; definitions in `problems.generators.graph`."""

SUITES: dict[str, Suite] = {
    suite.name: suite
    for suite in (
        Suite(
            "ilp",
            "integer programs: four generated families, small and large",
            ILP_SETS,
            (
                *("auto", "auto:structure=false", "lns", "contrastive-lns", "random-lns"),
                *_ILP_PEERS,
            ),
            60,
            also=("ilp-equality", "ilp-files", "ilp-proofs"),
            ilp=True,
        ),
        Suite(
            "ilp-equality",
            "integer programs full of equations: a first solution",
            EQUALITY_SETS,
            ("auto", "lns", *_ILP_PEERS),
            10,
            ilp=True,
        ),
        Suite(
            "ilp-files",
            "integer programs of MIPLIB and Balans: time to a proof",
            (_ILP_FILES,),
            ("auto", *_ILP_PEERS, "cbc"),
            30,
            ilp=True,
        ),
        Suite(
            "ilp-proofs",
            "small integer programs of seven families: time to a proof",
            PROOF_SETS,
            ("auto", *_ILP_PEERS),
            30,
            seeds=(0, 1, 2),
            ilp=True,
        ),
        Suite(
            "graphs",
            "frozen RB and BA graphs in five families: mean ratio to the stored reference",
            GRAPH_SETS,
            (
                *("auto", "vertex-cover-search", "dominating-set-search", "max-cut-search"),
                *("langevin", "gflownet", "cp-sat"),
                *("redumis", "online-mis", "chils", "branch-reduce", "chszlab-max-cut", "networkx"),
            ),
            1,
            threads=1,
        ),
        Suite(
            "max-cut",
            "Gset, and large and small BA graphs",
            (
                Files("max-cut", "maxcut", ("G*.txt",)),
                Generated("max-cut", "ba-large", (1, 2, 3)),
                Generated("max-cut", "ba-small", (1, 2, 3)),
            ),
            ("auto", "max-cut-search", "odd-cycle-cuts", "cp-sat"),
            30,
            seeds=(0, 1, 2),
        ),
        Suite(
            "subsets",
            "RB graphs, small and large: independent set, clique, vertex cover",
            tuple(
                Generated(name, generator, (1, 2, 3))
                for name in _GRAPH_FAMILIES[:3]
                for generator in ("rb-small", "rb-large")
            ),
            ("auto", "vertex-cover-search", "cp-sat"),
            5,
        ),
        Suite(
            "dominating-sets",
            "BA graphs, small and large: dominating set",
            tuple(
                Generated(_GRAPH_FAMILIES[3], generator, (1, 2, 3))
                for generator in ("ba-small", "ba-large")
            ),
            ("auto", "dominating-set-search", "cp-sat"),
            5,
        ),
        Suite(
            "clustering",
            "collaboration and ego networks, complete; Bitcoin OTC, sparse and signed",
            (
                Files("correlation-clustering", "correlation", ("*.mat", "*.txt", "ego-*.csv")),
                Files("correlation-clustering", "correlation", ("soc-sign-*.csv",), signs=True),
            ),
            (
                *("auto", "clustering-search", "cycle-packing", "conflict-cycle-cuts", "pivot"),
                *("chszlab-clustering", "chszlab-clustering-evolution", "bioimage-multicut"),
            ),
            20,
            also=("min-max", "edge-coloured"),
        ),
        Suite(
            "min-max",
            "collaboration and ego networks: the largest disagreement at a vertex",
            (
                Files(
                    "min-max-correlation-clustering",
                    "correlation",
                    ("ego-*.csv", "netscience.mat", "CA-GrQc.txt"),
                ),
            ),
            ("auto", "min-max-search", "min-max-branching", "correlation-metric"),
            10,
        ),
        Suite(
            "edge-coloured",
            "MAG-10 and planted colours: auto, its parts and the linear-time algorithms",
            (
                Files("edge-coloured-clustering", "hypergraph", ("colored-*.txt",)),
                Generated(
                    "edge-coloured-clustering",
                    "planted-colours",
                    (1, 2, 3),
                    {"n": 2000, "m": 6000, "colours": 8, "largest": 6, "noise": 0.4},
                ),
            ),
            (
                *("auto", "colour-search", "colour-lp"),
                *("majority-vote", "pitt-colouring", "match-colouring"),
            ),
            20,
        ),
        Suite(
            "job-shop",
            "classic job shops: auto, its parts and plain CP-SAT",
            (Files("job-shop", "jobshop", ("*.jsp",)),),
            ("auto", "cp-sat-plain", "job-shop-tabu", "job-shop-policy"),
            60,
            readings_s=(5, 30, 60),
            again=("la38", "orb01", "abz8", "swv06", "yn1", "ta11", "ta21", "ta41"),
            more_seeds=(1, 2),
        ),
    )
}


def installed(suite: Suite) -> tuple[str, ...]:
    """Those of the suite's solvers that can run on one of its families here."""
    there = {name for source in suite.instances for name in catalog.available(source.problem)}
    return tuple(name for name in suite.solvers if split(name)[0] in {AUTO, *there})


def split(solver: str) -> tuple[str, dict[str, str]]:
    """The name and the parameters of `name:key=value:key=value`."""
    name, *given = solver.split(":")
    for each in given:
        if "=" not in each:
            raise InputError(f"{solver!r} has no value for {each!r}", remedy="give name:key=value")
    return name, dict(each.split("=", 1) for each in given)


@dataclass(frozen=True, slots=True)
class Case:
    """One instance of a suite, with the best objective known from elsewhere.

    `source` is the generated set that it is of, if any, and `seed` its place there.
    """

    parsed: Parsed
    best_known: float | None
    source: Generated | None = None
    seed: int = 0

    @property
    def time_limit_s(self) -> float | None:
        """Seconds a run, where the set has its own."""
        return None if self.source is None else self.source.time_limit_s


def cases(instances: Sequence[Files | Generated], data: Path | None) -> list[Case]:
    """Read and generate the instances; `InputError` where files are asked for without data."""
    found: list[Case] = []
    for source in instances:
        found += _files(source, data) if isinstance(source, Files) else _generated(source)
    return found


def _files(source: Files, data: Path | None) -> list[Case]:
    if data is None or not (data / source.folder).is_dir():
        raise InputError(
            f"the suite needs a folder {source.folder!r} of instances",
            remedy="give the folder above it as --data or SOLVERHUB_BENCH_DATA",
        )
    folder = data / source.folder
    known = folder / "best_known.json"
    best = json.loads(known.read_text()) if known.exists() else {}
    paths = sorted(path for pattern in source.patterns for path in folder.glob(pattern))
    return [
        Case(
            read(path, source.problem, signs=source.signs),
            best.get(path.name.split(".")[0], {}).get("best_known"),
        )
        for path in paths
    ]


def _generated(source: Generated) -> list[Case]:
    known = references.load()
    found = []
    for seed in source.seeds:
        parsed = generate(source.generator, seed, problem=source.problem, **source.sizes)
        best = None if source.sizes else references.best(known, parsed, source.generator, seed)
        found.append(Case(parsed, best, source, seed))
    return found
