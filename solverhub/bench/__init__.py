"""Side-by-side measurement: suites, interleaved runs, tables and plots."""
