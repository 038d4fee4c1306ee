"""The HTTP face of the service: routes, limits, keys and the table of errors."""
