"""The contrastive loss, and how well scores tell a positive's columns from others.

With s = sigmoid(logits), and the similarity of a set D of columns the mean of s over D in units of
t, InfoNCE (van den Oord et al. 2018, arXiv:1807.03748) over the positives P and negatives N of one
decision is

    L = -1/|P| sum over D in P of log( e^sim(D) / (e^sim(D) + sum over D' in N of e^sim(D')) )

CL-LNS (arXiv:2302.01578) has the sum of s over D, t = 0.07; the mean keeps large sets, whose sums
saturate the softmax, as telling as small ones.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

TEMPERATURE = 0.07


def contrast(
    logits: torch.Tensor, positives: Sequence[np.ndarray], negatives: Sequence[np.ndarray]
) -> torch.Tensor:
    """InfoNCE of one decision; sets are int64 columns of `logits` float32 (n,)."""
    chosen = torch.sigmoid(logits)
    good, bad = (
        torch.stack([chosen[torch.from_numpy(each)].mean() for each in sets]) / TEMPERATURE
        for sets in (positives, negatives)
    )
    against = torch.logsumexp(bad, 0)
    return (torch.logaddexp(good, against) - good).mean()


def ranking(logits: np.ndarray, positive: np.ndarray) -> float:
    """Share of the pairs of a positive's column and another in which the first scores higher.

    0.5 is what chance gives; equal scores count half (Mann and Whitney 1947).
    """
    inside = np.zeros(logits.size, np.bool_)
    inside[positive] = True
    outside = np.sort(logits[~inside])
    if not outside.size or not positive.size:
        return 0.5
    below = np.searchsorted(outside, logits[inside], "left")
    upto = np.searchsorted(outside, logits[inside], "right")
    return float((below + upto).mean() / (2 * outside.size))
