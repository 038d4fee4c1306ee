"""Features of an instance, the choice of solvers, races, and solves in processes of their own."""
