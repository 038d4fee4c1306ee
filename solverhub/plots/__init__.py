"""Pictures of results: `draw` puts the solution and the trace of one on a page.

matplotlib is imported when something is drawn.
"""

from solverhub.plots.page import draw, picture, require

__all__ = ["draw", "picture", "require"]
