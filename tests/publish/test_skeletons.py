"""What a new notebook or page is refused for; that it works is tests/journeys' matter."""

import pytest

from outcomes.core.errors import Invalid
from outcomes.publish import parameters, skeletons


@pytest.mark.parametrize(
    "name", ["survey", "Programmes/Survey", "a/b/c", "../a/b", "a/b c"]
)
def test_a_name_that_is_none_is_refused(tmp_path, name):
    with pytest.raises(Invalid, match="a notebook is named FOLDER/NAME"):
        skeletons.write_notebook(tmp_path, name, "Title")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("own", ["", "survey"])
def test_its_parameters_are_declared_and_used(tmp_path, own):
    path = skeletons.write_notebook(tmp_path, "county/one", "One", own, ["place", "n"])
    declared = parameters.declared(path)
    text = path.read_text(encoding="utf-8")
    assert declared and all(p.vocabulary and p.explanation for p in declared.values())
    assert all(text.count(name) >= 3 for name in declared)


def test_a_plan_that_would_not_read_stays_as_it_was(tmp_path):
    plan = tmp_path / "reports.toml"
    plan.write_text("# The plan\n")
    entry = {"handle": "A page", "notebook": "county/one", "title": "T", "group": "g"}
    with pytest.raises(Invalid, match=r"reports\.toml"):
        skeletons.add_page(plan, entry)
    assert plan.read_text() == "# The plan\n" and len(list(tmp_path.iterdir())) == 1
