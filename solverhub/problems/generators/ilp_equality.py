"""Integer programs full of equations, of which a solution is planted, so that all are feasible.

Search that changes one column at a time breaks an equation with every move; these are to measure
how soon solvers have a first solution.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_array

from solverhub.core.errors import InvalidParams
from solverhub.core.result import Sense
from solverhub.problems.integer_program import IntegerProgram

MOST_COLUMNS = 2_000_000


class _Rows:
    """Rows put together entry by entry."""

    def __init__(self) -> None:
        self.row: list[np.ndarray] = []
        self.column: list[np.ndarray] = []
        self.value: list[np.ndarray] = []
        self.low: list[float] = []
        self.high: list[float] = []

    def add(self, columns: np.ndarray, values: np.ndarray | float, low: float, high: float) -> None:
        """One row: low <= values @ x[columns] <= high."""
        self.row.append(np.full(columns.size, len(self.low)))
        self.column.append(columns)
        self.value.append(np.broadcast_to(values, columns.shape).astype(np.float64))
        self.low.append(low)
        self.high.append(high)

    def program(self, c: np.ndarray, upper: np.ndarray) -> IntegerProgram:
        """Minimise c x over these rows and 0 <= x <= upper, all integer."""
        entries = np.concatenate(self.row), np.concatenate(self.column)
        matrix = coo_array((np.concatenate(self.value), entries), shape=(len(self.low), c.size))
        return IntegerProgram(
            sense=Sense.MINIMISE,
            c=c,
            A=matrix,
            row_lower=np.array(self.low),
            row_upper=np.array(self.high),
            lower=np.zeros(c.size),
            upper=upper,
            integer=np.ones(c.size, dtype=bool),
        )


def generalised_assignment(
    agents: int = 20, tasks: int = 200, slack: float = 0.02, *, seed: int
) -> IntegerProgram:
    """Each task to exactly one agent, within the agents' capacities; costs fall as loads rise.

    Loads are uniform integers 5..25 and costs 111 minus the load plus noise, as in type D of
    Chu and Beasley 1997 (doi 10.1016/S0305-0548(96)00032-9).  A capacity is the load of a
    random assignment and a share `slack` more.
    """
    _check(agents >= 1 and tasks >= 1, "agents and tasks", (agents, tasks))
    _small(agents * tasks)
    rng = np.random.default_rng(seed)
    load = rng.integers(5, 25, (agents, tasks), endpoint=True)
    cost = 111 - load + rng.integers(-10, 10, (agents, tasks), endpoint=True)
    planted = rng.integers(agents, size=tasks)
    column = np.arange(agents * tasks).reshape(agents, tasks)
    rows = _Rows()
    for task in range(tasks):
        rows.add(column[:, task], 1.0, 1.0, 1.0)
    for agent in range(agents):
        used = float(load[agent, planted == agent].sum())
        rows.add(column[agent], load[agent], -np.inf, np.floor((1 + slack) * used))
    return rows.program(cost.ravel().astype(float), np.ones(column.size))


def time_indexed_schedule(
    jobs: int = 30, machines: int = 3, slack: float = 0.1, *, seed: int
) -> IntegerProgram:
    """Jobs start once each, at most `machines` at a time; weighted completion times, whole numbers.

    Columns are starts x_jt and completion times C_j = sum (t + p_j) x_jt.  Durations are uniform
    integers 1..10, and a job may be ready only after a while.  The horizon is the makespan of a
    list schedule and a share `slack` more.
    """
    _check(jobs >= 1 and machines >= 1, "jobs and machines", (jobs, machines))
    _small(jobs + machines)
    rng = np.random.default_rng(seed)
    duration = rng.integers(1, 10, jobs, endpoint=True)
    ready = rng.integers(0, max(1, int(duration.sum()) // (2 * machines)), jobs, endpoint=True)
    free = np.zeros(machines, np.int64)
    for job in np.argsort(ready, kind="stable"):
        first = int(free.argmin())
        free[first] = max(free[first], ready[job]) + duration[job]
    horizon = int(np.ceil((1 + slack) * free.max()))
    _small(jobs * horizon)
    rows, column = _Rows(), 0
    running: list[list[int]] = [[] for _ in range(horizon)]
    starts = []
    for job in range(jobs):
        times = np.arange(ready[job], horizon - duration[job] + 1)
        columns = column + np.arange(times.size)
        column += times.size
        starts.append((columns, times))
        rows.add(columns, 1.0, 1.0, 1.0)
        for at, each in zip(times.tolist(), columns.tolist(), strict=True):
            for t in range(at, at + int(duration[job])):
                running[t].append(each)
    for job, (columns, times) in enumerate(starts):
        ends = np.append(times + duration[job], -1)
        rows.add(np.append(columns, column + job), ends, 0.0, 0.0)
    for columns_then in running:
        if len(columns_then) > machines:
            rows.add(np.array(columns_then), 1.0, -np.inf, float(machines))
    weights = rng.integers(1, 10, jobs, endpoint=True).astype(float)
    costs = np.concatenate([np.zeros(column), weights])
    return rows.program(costs, np.concatenate([np.ones(column), np.full(jobs, float(horizon))]))


def lot_sizing(
    items: int = 12, periods: int = 24, slack: float = 0.05, *, seed: int
) -> IntegerProgram:
    """Several items on one machine, made in whole batches: stock balances, set-ups and capacity.

    Columns of an item and period are the batches made, the stock left (both general integers) and
    the set-up; a balance is stock before + size * batches - stock = demand.  Capacities are the
    hours of a plan that makes what is short a period ahead, and a share `slack` more.
    """
    _check(items >= 1 and periods >= 1, "items and periods", (items, periods))
    _small(3 * items * periods)
    rng = np.random.default_rng(seed)
    size = rng.integers(3, 9, items, endpoint=True)
    demand = rng.integers(0, 30, (items, periods), endpoint=True)
    hours = rng.integers(1, 4, items, endpoint=True)
    setup = rng.integers(3, 12, items, endpoint=True)
    used, stock = np.zeros(periods), np.zeros(items)
    for t in range(periods):
        batches = np.maximum(0, np.ceil((demand[:, t] - stock) / size))
        stock += batches * size - demand[:, t]
        used[t] += float((batches * hours + (batches > 0) * setup).sum())
    most = np.ceil(demand.sum(1) / size)
    count = items * periods
    made = np.arange(count).reshape(items, periods)
    kept, prepared = made + count, made + 2 * count
    rows = _Rows()
    for i in range(items):
        for t in range(periods):
            columns, values = [made[i, t], kept[i, t]], [float(size[i]), -1.0]
            if t:
                columns, values = [*columns, kept[i, t - 1]], [*values, 1.0]
            wanted = float(demand[i, t])
            rows.add(np.array(columns), np.array(values), wanted, wanted)
            pair = np.array([made[i, t], prepared[i, t]])
            rows.add(pair, np.array([1.0, -most[i]]), -np.inf, 0.0)
    for t in range(periods):
        both = np.concatenate([made[:, t], prepared[:, t]])
        spent = np.concatenate([hours, setup]).astype(float)
        rows.add(both, spent, -np.inf, np.floor((1 + slack) * used[t]))
    holding = np.repeat(rng.integers(1, 5, items, endpoint=True), periods)
    starting = np.repeat(rng.integers(20, 80, items, endpoint=True), periods)
    upper = np.repeat(most, periods)
    stocks = np.repeat(demand.sum(1) + size, periods).astype(float)
    costs = np.concatenate([np.zeros(count), holding, starting]).astype(float)
    return rows.program(costs, np.concatenate([upper, stocks, np.ones(count)]))


def _check(holds: bool, what: str, value: object) -> None:
    if not holds:
        raise InvalidParams(f"{what} are {value}", remedy="give 1 or more")


def _small(columns: int) -> None:
    if columns > MOST_COLUMNS:
        raise InvalidParams(
            f"{columns} columns are too many", remedy=f"give sizes of at most {MOST_COLUMNS}"
        )
