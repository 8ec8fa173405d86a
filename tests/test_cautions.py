"""What stands on a page besides its own words: cautions about the tables, and assumptions."""

import json
import re
from datetime import date

import pytest

from outcomes.core.errors import Invalid
from outcomes.data import quality as gate
from outcomes.publish import build as site
from outcomes.publish import releases, render, staging, staleness


def caution(said="Care.", **changes) -> dict:
    about = {
        "tables": ["crime"],
        "where": {"force": ["north", "south"]},
        "sources": [],
        "aged": False,
    }
    return {"said": said} | about | changes


def reading(table="crime", **where) -> dict:
    return {"table": table, "where": where}


PRINTED = [
    {"sources": [{"source": "s1"}, {"source": ""}]},
    {"sources": [{"source": "s2"}, {}]},
]


@pytest.mark.parametrize(
    ("changes", "reads", "stands"),
    [
        ({}, [reading()], True),
        ({}, [reading(force="north")], True),
        ({}, [reading(force=["south", "west"])], True),
        ({}, [reading(force="west")], False),
        ({}, [reading(district="x")], True),
        ({}, [reading("other", force="north")], False),
        ({}, [reading("other"), reading(force="west"), reading(force="north")], True),
        ({}, [], False),
        (
            {"where": {"force": "north", "month": ["2024"]}},
            [reading(force="north", month="2024")],
            True,
        ),
        (
            {"where": {"force": "north", "month": ["2024"]}},
            [reading(force="north", month="2025")],
            False,
        ),
        ({"where": {}}, [reading(force="west")], True),
        ({"aged": True}, [reading()], False),
        ({"sources": ["s2", "s9"]}, [reading()], True),
        ({"sources": ["s9"]}, [reading()], False),
        ({"sources": [""]}, [reading()], False),
    ],
)
def test_a_caution_concerns_pages_that_read_its_rows_and_cite_its_sources(
    changes, reads, stands
):
    care = [caution(**changes), caution("Of nothing.", tables=["none"])]
    assert staging.concerning(care, reads, PRINTED) == (["Care."] if stands else [])


def test_all_cautions_that_concern_a_page_are_said_in_order():
    care = [
        caution("A."),
        caution("Aged.", aged=True),
        caution("B.", tables=["x", "crime"]),
    ]
    assert staging.concerning(care, [reading()], []) == ["A.", "B."]
    assert render.cautions([]) == ""


@pytest.fixture
def tables(tmp_path, monkeypatch):
    """What the gate says of some tables, and what it was asked."""
    monkeypatch.setenv("OUTCOMES_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    releases.write(tmp_path / "data/clean/counts.csv", "n\n1\n")
    releases.write(tmp_path / "data/datapackage.json", "{}")
    said = {"errors": [], "asked": []}

    def cautions(clean, today):
        said["asked"].append((clean, today))
        return [gate.Caution("£ is late.", "age")]

    monkeypatch.setattr(
        gate, "errors", lambda clean: said["asked"].append(clean) or said["errors"]
    )
    monkeypatch.setattr(gate, "cautions", cautions)
    return said


def test_the_gate_is_asked_of_the_tables_and_the_day_and_its_word_is_kept(
    tables, tmp_path
):
    clean = tmp_path / "data/clean"
    care = [gate.Caution("£ is late.", "age")._asdict()]
    care = json.loads(json.dumps(care))
    assert site.check_tables(tmp_path) == care
    assert tables["asked"] == [clean, (clean, date(2023, 11, 14))]
    stands, _, text = (tmp_path / ".gate").read_text("utf-8").partition("\n")
    assert len(stands) == 64 and "£ is late." in text
    assert site.check_tables(tmp_path) == care and len(tables["asked"]) == 2, (
        "it was remembered"
    )


@pytest.mark.parametrize("other", ["day", "code", "table", "package"])
def test_the_gate_is_asked_again_when_day_code_or_tables_are_others(
    tables, tmp_path, monkeypatch, other
):
    site.check_tables(tmp_path)
    if other == "day":
        monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700090000")
    elif other == "code":
        monkeypatch.setattr(staleness, "code_digest", lambda: "other")
    elif other == "table":
        releases.write(tmp_path / "data/clean/counts.csv", "n\n2\n")
    else:
        releases.write(tmp_path / "data/datapackage.json", "[]")
    site.check_tables(tmp_path)
    assert len(tables["asked"]) == 4


def test_nothing_is_kept_where_there_is_no_site_yet(tables, tmp_path):
    assert len(site.check_tables(tmp_path / "site")) == 1
    assert not (tmp_path / "site").exists()


@pytest.mark.parametrize(
    ("number", "end"),
    [(1, "E0."), (20, "E19."), (21, "E19. And 1 more."), (45, "E19. And 25 more.")],
)
def test_errors_are_said_and_those_after_twenty_counted(tables, tmp_path, number, end):
    tables["errors"] = [f"E{n}." for n in range(number)]
    with pytest.raises(Invalid) as error:
        site.check_tables(tmp_path)
    said = str(error.value)
    assert said.startswith("The tables cannot be published. E0.") and said.endswith(
        f" {end}"
    )
    assert not (tmp_path / ".gate").exists()


def test_assumptions_of_a_page_are_said_with_how_sure_they_are_and_what_hangs_on_them(
    tmp_path,
):
    assert render.assumptions(tmp_path, "a/b") == ""
    rows = ["id,text,quality,impact,where_used"]
    rows += [
        f"A{n},£ {quality} < {impact}.,{quality},{impact},docs/x.md; notebooks/a/b.ipynb"
        for n, (quality, impact) in enumerate(
            [("high", "low"), ("medium", "medium"), ("low", "high")], start=1
        )
    ]
    rows[1] = rows[1].replace(
        "docs/x.md; notebooks/a/b.ipynb", "notebooks/a/b.ipynb; docs/x.md"
    )
    rows += ["A4,Of another page.,high,low,notebooks/a/b.ipynb.old; notebooks/b.ipynb"]
    releases.write(tmp_path / "docs/assumptions.csv", "\n".join(rows))
    assert (
        render.assumptions(tmp_path, "b") != ""
        and render.assumptions(tmp_path, "a") == ""
    )
    html = render.assumptions(tmp_path, "a/b")
    assert html.startswith("<h3>What is taken for granted</h3><ul><li>")
    assert re.findall(r"<li>(.*?) <span[^>]*>(.*?)</span></li>", html) == [
        (
            "£ high &lt; low.",
            "Well borne out; if it were wrong, a detail could change.",
        ),
        (
            "£ medium &lt; medium.",
            "Likely, and partly checked; if it were wrong, an interval or a comparison could "
            "change.",
        ),
        (
            "£ low &lt; high.",
            "Not checkable; if it were wrong, a headline could change.",
        ),
    ]
