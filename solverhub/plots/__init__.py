"""Pictures of results: `draw` puts the solution and the trace of one on a page.

matplotlib is imported when something is drawn.
"""

from solverhub.plots.page import draw, require

__all__ = ["draw", "require"]
