"""Local search: neighbourhoods, moves, acceptance, restarts."""
