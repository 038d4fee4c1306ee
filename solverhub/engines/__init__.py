"""Thin adapters of foreign solvers: load, run, stream, translate; each library is imported in one.

An adapter knows no budget, recorder or result: those belong to `exact`, which drives it.
"""
