"""The table of families names real classes that answer to their keys."""

import pytest

from solverhub.core.errors import UnknownName
from solverhub.problems import families


@pytest.mark.parametrize("name", families.names())
def test_every_family_loads_and_answers_to_its_name(name: str) -> None:
    problem = families.get(name)
    assert problem.name == name
    assert problem.title
    assert problem.formats
    assert families.get(name) is problem


def test_an_unknown_family_is_refused_with_the_choices() -> None:
    with pytest.raises(UnknownName, match="job-shop"):
        families.get("job-shp")
