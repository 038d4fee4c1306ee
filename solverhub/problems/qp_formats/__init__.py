"""File and JSON forms of quadratic programs; each module reads one into a `QpModel`."""
