"""What a new notebook or page is refused for; that it works is tests/journeys' matter."""

import json
from types import SimpleNamespace

import pandas as pd
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


def test_a_row_that_comes_to_have_the_name_of_another_stops_the_page(tmp_path):
    """The table may have grown since the notebook was begun."""
    columns = ["place", "n"]
    path = skeletons.write_notebook(tmp_path, "county/one", "One", "survey", columns)
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    load = next("".join(c["source"]) for c in cells if "oc.own" in "".join(c["source"]))
    rows = pd.DataFrame({"place": ["Wyre", "Fylde", "Pendle"], "n": [3, 5, 4]})
    names = {"oc": SimpleNamespace(own=lambda name: rows), "most_rows": 2}
    exec(load, names)
    assert names["shown"]["place"].tolist() == ["Fylde", "Pendle"]
    assert len(names["every"]) == 3  # of so many it is the most
    rows.loc[3] = ["Wyre", 7]
    with pytest.raises(AssertionError, match="one row for each name"):
        exec(load, names)
