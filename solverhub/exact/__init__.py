"""Methods with bounds or proofs: each drives an engine within a budget and returns a `Result`."""
