"""The service behind the REST API: job store, supervisor, workers, cache and spool.

`Service` is what a server holds; `Embedded` starts the supervisor beside it.  The job store
is the truth: every worker write is conditional on the attempt and the token of its lease.
"""
