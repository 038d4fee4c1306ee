"""Local search on the rows of an integer program: lift, breakthrough and tight moves.

Rows have weights, and so has the objective, which counts as one more row: better than the
best point.  A tight move sets one column so that a broken row just holds; a breakthrough move
sets one so that the objective would beat the best; a lift move improves the objective of a
feasible point without breaking a row.  Moves are scored by the weights of the rows that they
mend and break; where none gains, the weights of broken rows grow (Lin, Zou and Cai, Local-MIP,
Artificial Intelligence 2025).  Candidates are sampled, and scored when looked at: a column
costs its entries, and a step a few hundred columns.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from solverhub.search.ilp_jump import jump

ROWS, COLUMNS, BREAKTHROUGHS, LIFTS = 3, 60, 40, 20_000
"""Broken rows, their columns, and columns with costs that a step looks at."""
TENURE, JITTER = 3, 10

BEST, NOW, STEP, CLOCK, FOUND = range(5)
"""Places in `numbers`: best and present objective, least improvement, steps, and 1
once a better point was found."""


@njit(cache=True, nogil=True, inline="always")
def _excess(activity, low, high):  # type: ignore[no-untyped-def]
    return max(low - activity, activity - high, 0.0)


@njit(cache=True, nogil=True)
def _score(j, change, p, activity, weights):  # type: ignore[no-untyped-def]
    """Weight of the rows that a change of a column mends, less that of those that it breaks."""
    _, indptr, indices, data, row_lower, row_upper, slack = p
    total = 0.0
    for k in range(indptr[j], indptr[j + 1]):
        i = indices[k]
        before = _excess(activity[i], row_lower[i], row_upper[i])
        after = _excess(activity[i] + change * data[k], row_lower[i], row_upper[i])
        if before <= slack[i]:
            if after > slack[i]:
                total -= weights[i]
        elif after <= slack[i]:
            total += weights[i]
        elif after < before:
            total += 0.5 * weights[i] * (1.0 - after / before)
        else:
            total -= 0.5 * weights[i] * (1.0 - before / after)
    return total


@njit(cache=True, nogil=True)
def _mark(i, is_broken, broken, place, count):  # type: ignore[no-untyped-def]
    """Keep the set of broken rows; returns its new size."""
    if is_broken and place[i] < 0:
        broken[count], place[i] = i, count
        return count + 1
    if not is_broken and place[i] >= 0:
        last = broken[count - 1]
        broken[place[i]], place[last] = last, place[i]
        place[i] = -1
        return count - 1
    return count


@njit(cache=True, nogil=True)
def _move(j, change, p, point, activity, broken, place, count):  # type: ignore[no-untyped-def]
    """Change a column; returns the new number of broken rows."""
    _, indptr, indices, data, row_lower, row_upper, slack = p
    point[j] += change
    for k in range(indptr[j], indptr[j + 1]):
        i = indices[k]
        activity[i] += change * data[k]
        excess = _excess(activity[i], row_lower[i], row_upper[i])
        count = _mark(i, excess > slack[i], broken, place, count)
    return count


@njit(cache=True, nogil=True)
def _within(j, change, point, whole, lower, upper):  # type: ignore[no-untyped-def]
    """The change rounded away from 0 where the column is integer, and cut at the bounds."""
    if whole[j]:
        change = np.ceil(change - 1e-9) if change > 0 else np.floor(change + 1e-9)
    return min(max(change, lower[j] - point[j]), upper[j] - point[j])


@njit(cache=True, nogil=True)
def _lift(start, costly, p, point, activity, whole, lower, upper):  # type: ignore[no-untyped-def]
    """The column and change that improve a feasible point most without breaking a row."""
    cost, indptr, indices, data, row_lower, row_upper, _ = p
    chosen, best_change, best_gain = -1, 0.0, 0.0
    for t in range(min(costly.size, LIFTS)):
        j = costly[(start + t) % costly.size]
        sign = -1.0 if cost[j] > 0 else 1.0
        room = point[j] - lower[j] if sign < 0 else upper[j] - point[j]
        least = best_gain / abs(cost[j])
        if room <= least + 1e-9:
            continue
        for k in range(indptr[j], indptr[j + 1]):
            i, a = indices[k], sign * data[k]
            left = row_upper[i] - activity[i] if a > 0 else activity[i] - row_lower[i]
            room = min(room, max(left, 0.0) / abs(a))
            if room <= least + 1e-9:
                break
        if whole[j]:
            room = np.floor(room + 1e-9)
        if room < 1e12 and room * abs(cost[j]) > best_gain + 1e-9:
            chosen, best_change, best_gain = j, sign * room, room * abs(cost[j])
    return chosen, best_change


@njit(cache=True, nogil=True)
def search(  # type: ignore[no-untyped-def]
    steps,
    seed,
    p,
    rows,
    whole,
    lower,
    upper,
    costly,
    scale,
    point,
    activity,
    weights,
    broken,
    place,
    count,
    blocked_up,
    blocked_down,
    numbers,
    best,
):
    """Make `steps` moves in place; returns the number of broken rows.

    - `p`: cost, columns (CSC), sides and slack; `rows`: (CSR); `costly`: columns with costs,
      `scale` their mean size.
    - `point, activity, weights, broken, place, count`: the present point, its activities,
      weights of rows, and the set of broken rows.
    - `blocked_up, blocked_down`: steps until which a column may not move that way.
    - `numbers`: see `BEST`; `best` takes the best point.
    """
    cost, _, _, _, row_lower, row_upper, _ = p
    row_indptr, row_indices, row_data = rows
    np.random.seed(seed)
    for _ in range(steps):
        numbers[CLOCK] += 1
        clock = numbers[CLOCK]
        target = numbers[BEST] - numbers[STEP]
        if count == 0 and numbers[NOW] <= target + 1e-9 * abs(target):
            numbers[BEST], numbers[FOUND] = numbers[NOW], 1.0
            best[:] = point
            target = numbers[BEST] - numbers[STEP]
        known = np.isfinite(target)
        chosen, change, score = -1, 0.0, -np.inf
        if count == 0:
            if costly.size == 0:
                break
            chosen, change = _lift(
                np.random.randint(costly.size),
                costly,
                p,
                point,
                activity,
                whole,
                lower,
                upper,
            )
        over = known and numbers[NOW] > target
        if count > 0 and not over:
            sampled = 1 if known else ROWS
            for again in range(2):
                looked = 0
                for _row in range(sampled):
                    i = broken[np.random.randint(count)]
                    begin, width = row_indptr[i], row_indptr[i + 1] - row_indptr[i]
                    if width == 0:
                        continue
                    offset = np.random.randint(width)
                    side = row_upper[i] if activity[i] > row_upper[i] else row_lower[i]
                    for t in range(min(width, 3 * COLUMNS)):
                        k = begin + (offset + t) % width
                        j = row_indices[k]
                        step = (side - activity[i]) / row_data[k]
                        step = _within(j, step, point, whole, lower, upper)
                        if not known and upper[j] - lower[j] > 1 and np.random.random() < 0.5:
                            step = jump(
                                j,
                                point[j],
                                lower[j],
                                upper[j],
                                whole[j],
                                p,
                                activity,
                                weights,
                            )
                        if step == 0 or (blocked_up[j] if step > 0 else blocked_down[j]) > clock:
                            continue
                        if known and numbers[NOW] + cost[j] * step > target:
                            continue
                        looked += 1
                        s = _score(j, step, p, activity, weights)
                        loss = max(cost[j] * step / scale, 0.0) + 0.01
                        if known:
                            s = s / loss if s > 0 else s * loss
                        if s > score:
                            chosen, change, score = j, step, s
                        if looked >= COLUMNS:
                            break
                    if looked >= COLUMNS:
                        break
                if known or score > 1e-9 or again == 1:
                    break
                for t in range(count):
                    weights[broken[t]] += 1.0
                chosen, change, score, sampled = -1, 0.0, -np.inf, 1
            if known:
                for t in range(count):
                    weights[broken[t]] += 1.0
        if chosen < 0 and known and costly.size > 0:
            start, looked = np.random.randint(costly.size), 0
            for t in range(min(costly.size, LIFTS)):
                j = costly[(start + t) % costly.size]
                step = min((target - numbers[NOW]) / abs(cost[j]), -1.0)
                step = _within(j, step if cost[j] > 0 else -step, point, whole, lower, upper)
                if step == 0 or (blocked_up[j] if step > 0 else blocked_down[j]) > clock:
                    continue
                looked += 1
                s = _score(j, step, p, activity, weights)
                gain = -cost[j] * step / scale
                s = s / gain if s <= 0 else s * gain
                if s > score:
                    chosen, change, score = j, step, s
                if looked >= BREAKTHROUGHS:
                    break
        if chosen < 0:
            continue
        numbers[NOW] += cost[chosen] * change
        count = _move(chosen, change, p, point, activity, broken, place, count)
        until = clock + TENURE + np.random.randint(JITTER)
        if change > 0:
            blocked_down[chosen] = until
        else:
            blocked_up[chosen] = until
    return count
