"""Networks, policies and rollouts of the learned solvers; their weights are in `models/`."""
