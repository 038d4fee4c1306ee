"""The walks of the job-shop policy within a budget: starts, steps, incumbents, goings back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from solverhub.core.problem import Problem
from solverhub.core.recorder import Recorder
from solverhub.core.result import Limit, Result
from solverhub.exact.incoming import adopt
from solverhub.learned import job_shop_weights
from solverhub.learned.devices import device_of, threads
from solverhub.learned.job_shop_network import PolicyNetwork
from solverhub.learned.job_shop_policy import JobShopPolicyParams
from solverhub.learned.job_shop_rollout import (
    Recency,
    Shops,
    assess,
    choose,
    observe,
    rows_of,
    swap,
)
from solverhub.learned.job_shop_start import (
    active_orders,
    earliest_starts,
    orders_of,
    priorities,
)
from solverhub.problems.job_shop import ShopInstance

_ROWS_A_LOOK = 3_000  # operations that the network embeds between two looks at the budget
_LONGEST = 2**31 - 1  # of the evaluator


def search(
    problem: Problem,
    shop: ShopInstance,
    recorder: Recorder,
    params: JobShopPolicyParams,
    seed: int,
    warm_start: np.ndarray | None,
) -> Result:
    """Walk until the budget ends; the recorder may have an incumbent."""
    model = job_shop_weights.load(params.model)
    device = device_of(recorder.budget.device)
    with torch.inference_mode(), threads(recorder.budget.threads):
        walks = _Walks(problem, shop, recorder, params, seed, device)
        walks.begin(warm_start)
        limit = walks.run(_on(model, device))
    inside = _describe(shop, model.sizes)
    result = recorder.finish(limit, engines={"torch": torch.__version__})
    return replace(result, weights=model.digest, training=f"{model.training}; {inside}")


class _Walks:
    """State of one solve."""

    def __init__(
        self,
        problem: Problem,
        shop: ShopInstance,
        recorder: Recorder,
        params: JobShopPolicyParams,
        seed: int,
        device: str,
    ) -> None:
        self.problem, self.shop, self.recorder, self.params = problem, shop, recorder, params
        self.samples = params.samples or _samples(shop.n_operations)
        self.shops = Shops.copies(_within_int32(shop), self.samples, device)
        self.random = np.random.default_rng(seed)
        self.draw = torch.Generator().manual_seed(seed % 2**63)
        tenure = _tenure(shop) if params.tenure is None else params.tenure
        self.recency = Recency(self.samples, tenure, device)
        self.device = device

    def begin(self, warm_start: np.ndarray | None) -> None:
        """First schedules: the rule's, random ones near it, and the warm start in half."""
        priority = np.tile(priorities(self.shop), (self.samples, 1))
        noise = self.random.standard_normal(priority.shape)
        noise[0] = 0.0
        orders = active_orders(self.shop, priority + self.params.noise * noise, delay=0.0)
        if warm_start is not None:
            orders[: (self.samples + 1) // 2] = orders_of(self.shop, warm_start)
        self.state = assess(self.shops, torch.from_numpy(orders).to(self.device))
        self.best, self.best_after = self.state.makespan.clone(), self.state.after.clone()
        self.since = torch.zeros_like(self.best)
        self._tell()

    def run(self, network: PolicyNetwork) -> Limit | None:
        """Step until a limit, a proof, or until no walk has a swap left."""
        steps = 0
        while True:
            for event in self.recorder.budget.incoming():
                if adopt(self.problem, self.shop, self.recorder, event):
                    self._take(self.recorder.solution)
            limit = self.recorder.limit(steps)
            if limit is not None or self.recorder.proved() or not bool(self.state.mask.any()):
                return limit
            logits = self._logits(network)
            if logits is None:
                return self.recorder.limit(steps)
            self._step(logits)
            steps += 1

    def _logits(self, network: PolicyNetwork) -> torch.Tensor | None:
        """Scores of all swaps, computed a few walks at a time; None if a limit was reached."""
        found = []
        n = self.shop.n_operations
        at_once = max(1, _ROWS_A_LOOK // n) if self.device == "cpu" else self.samples
        for first in range(0, self.samples, at_once):
            if first and self.recorder.limit() is not None:
                return None
            rows = slice(first, first + at_once)
            seen = observe(
                network.config.features, self.shops.rows(rows), rows_of(self.state, rows)
            )
            found.append(network(seen.features, seen.jobs, seen.machines, seen.pairs))
        return torch.cat(found)

    def _step(self, logits: torch.Tensor) -> None:
        mask = self.recency.mask(self.state)
        action = choose(logits, mask, self.draw, self.params.temperature)
        self.recency.note(self.state, action)
        self.state = assess(self.shops, swap(self.state, action))
        better = self.state.makespan < self.best
        self.since = torch.where(better, 0, self.since + 1)
        if bool(better.any()):
            self.best = torch.where(better, self.state.makespan, self.best)
            self.best_after[better] = self.state.after[better]
            self._tell()
        lost = self.since >= self.params.patience
        if bool(lost.any()):
            self._go_back(lost)

    def _go_back(self, lost: torch.Tensor) -> None:
        """Put walks that found nothing for long on the best schedule of some walk.

        Of two walks drawn at random the better one is taken, so that good schedules spread.
        """
        count = int(lost.sum())
        drawn = torch.from_numpy(self.random.integers(self.samples, size=(2, count)))
        drawn = drawn.to(self.device)
        first_wins = self.best[drawn[0]] <= self.best[drawn[1]]
        source = torch.where(first_wins, drawn[0], drawn[1])
        after = self.state.after.clone()
        after[lost] = self.best_after[source]
        self.best[lost] = self.best[source]
        self.best_after[lost] = self.best_after[source]
        self.recency.forget(lost)
        self.since[lost] = 0
        self.state = assess(self.shops, after)

    def _take(self, solution: np.ndarray | None) -> None:
        """Put a schedule that others found in the place of the worst walk."""
        if solution is None:
            return
        worst = self.best.argmax()
        after = self.state.after.clone()
        after[worst] = torch.from_numpy(orders_of(self.shop, solution)).to(self.device)
        self.state = assess(self.shops, after)
        self.best[worst], self.best_after[worst] = self.state.makespan[worst], after[worst]
        self.since[worst] = 0

    def _tell(self) -> None:
        """Record the best schedule, in exact starts."""
        orders = self.best_after[self.best.argmin()].cpu().numpy()
        start = np.zeros(self.shop.n_operations, np.int64)
        earliest_starts(self.shop.duration, self.shop.indptr, orders, start)
        self.recorder.incumbent(int((start + self.shop.duration).max()), start)


def _on(model: job_shop_weights.Model, device: str) -> PolicyNetwork:
    if device == "cpu":
        return model.network
    network = PolicyNetwork(model.network.config)
    network.load_state_dict(model.network.state_dict())
    return network.to(device).eval()


def _samples(n_operations: int) -> int:
    return max(1, min(16, _ROWS_A_LOOK // n_operations))


def _tenure(shop: ShopInstance) -> int:
    """10 steps and one more for each job a machine, at most 18."""
    return min(18, 10 + shop.n_jobs // shop.n_machines)


def _within_int32(shop: ShopInstance) -> ShopInstance:
    """The shop with durations in a coarser unit where their sum is beyond the evaluator."""
    total = int(shop.duration.sum())
    if total <= _LONGEST:
        return shop
    unit = -(-total // (_LONGEST // 2))
    return replace(shop, duration=-(-shop.duration // unit))


def _describe(shop: ShopInstance, sizes: tuple[tuple[int, int], ...]) -> str:
    """How the instance relates to the shops of the training."""
    mine = f"{shop.n_jobs}x{shop.n_machines}"
    whole = shop.n_operations == shop.n_jobs * shop.n_machines
    once = whole and all(
        len(np.unique(shop.machine[low:high])) == high - low
        for low, high in zip(shop.indptr[:-1], shop.indptr[1:], strict=True)
    )
    if not once:
        return "this shop is of another kind: jobs that skip or repeat machines"
    if (shop.n_jobs, shop.n_machines) in sizes:
        return f"this shop is of a size trained on ({mine})"
    largest = max(jobs * machines for jobs, machines in sizes)
    beyond = "larger than all" if shop.n_operations > largest else "unlike all"
    return f"this shop ({mine}) is {beyond} of these"
