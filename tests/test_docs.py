from pathlib import Path

from solverhub.cli import solvers_page

DOCS = Path(__file__).parent.parent / "docs"


def test_the_page_of_solvers_is_that_of_the_catalog():
    assert (DOCS / "solvers.md").read_text() == solvers_page.page(), (
        "run `python -m solverhub.cli.solvers_page > docs/solvers.md`"
    )
