"""Offline loops that write `models/`; only the command line reaches them."""
