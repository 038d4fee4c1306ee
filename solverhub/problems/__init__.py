"""One module a problem family: instance, solution, parsers, generators and the judge of answers."""
