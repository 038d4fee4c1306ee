"""Text and binary forms of graphs; each module reads one into a `RawGraph`."""
