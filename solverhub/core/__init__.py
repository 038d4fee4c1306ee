"""Values that every room speaks: results, budgets, events, errors and the two protocols.

Only NumPy and the standard library are imported here.
"""
