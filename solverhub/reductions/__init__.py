"""Problem A as problem B, with the way back for solutions and bounds.  No solver is called here."""
