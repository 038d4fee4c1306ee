"""solverhub: combinatorial problems in, checked answers out."""
