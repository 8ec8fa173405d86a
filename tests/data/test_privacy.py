"""Nothing in data, notebooks or stored outputs points to a person; what would is found."""

import json
from pathlib import Path

import pandas as pd
import pytest

from outcomes.core.errors import Invalid
from outcomes.data import privacy

ROOT = Path(__file__).parents[2]
REVIEWS = ROOT / "docs/privacy.toml"

# The forms are those of the bodies that give them out; the numbers are kept free for drama by Ofcom
# (telephones), never issued (QQ, and prefixes such as AB stand for a form) or made up.
PLANTED = {
    "e-mail address": [
        *(
            "jo.bloggs@example.org",
            "<mailto:a-b+c@mail.example.co.uk>",
            "jo@2.example.org.",
        ),
        "jo@xn--bcher-kva.xn--p1ai",
    ],
    "telephone number": [
        "01632 960123",
        "(01632) 960 123",
        "+44 1632 960123",
        "07700 900123",
    ],
    "National Insurance number": ["AB 12 34 56 C", "AB123456C"],
    "postcode": ["at PR1 2HE, Preston", "SW1A 1AA"],
    "crime identifier": ["0f" * 32, f"id={'9A' * 32}."],
    "point": ["53.75224, -2.37871", "(-2.378716 53.75224)", "53.75224;-2.378716"],
    "name beside a case": [
        "Mr Bloggs was jailed for three years",
        "Kelly Bloggs, who pleaded guilty",
        "the victim, named as Susan O’Bloggs",
        "Jo Bloggs, 34, of Blackpool",
        "a court heard that Ms. Bloggs knew",
    ],
}
INNOCENT = [
    "1,409 arrests between November 2022 and December 2023",
    "over 18,000 cannabis plants, £1,347,298 and 12 firearms seized",
    "E01012571 Blackburn with Darwen 007A, 53.75, -2.38",
    "call 101, or 999 in an emergency",
    "2023-11-13 to 2023-11-19; release 20251124T083000Z-1a2b3c4d",
    "sentenced to 1,000 years in all; victims were safeguarded in Preston",
    "https://www.example.org/news/uk-england-0902097000023",
    "Police and Crime Commissioner; East Division; Op Sceptre",
    "digest 0f0d511c593fd79d",
    "afcharts@1.2.0 aiohappyeyeballs@2.7.1 torch@2.0.dev1 ruff@1.2.post3 pkg:pypi/a@1.0rc1",
    "sha256 02086528488ef0d511c593fd79d, urn:uuid:01502198-16ab",
    "Prime Minister, Home Office, 13 November 2023",
]


@pytest.mark.parametrize(
    ("kind", "text"), [(k, t) for k, ts in PLANTED.items() for t in ts]
)
def test_what_could_point_to_a_person_is_found(kind, text):
    assert kind in {k for k, _ in privacy.search(f"Lancashire: {text} and more.")}


@pytest.mark.parametrize("text", INNOCENT)
def test_what_points_to_nobody_is_left_alone(text):
    assert privacy.search(text) == []


def test_every_kind_is_planted():
    assert PLANTED.keys() == set(privacy.PATTERNS)


@pytest.fixture(scope="module")
def hits():
    return privacy.scan(ROOT)


def test_data_notebooks_and_stored_outputs_hold_nothing_unreviewed(hits):
    assert privacy.unreviewed(hits, privacy.reviews(REVIEWS)) == []


def test_every_exception_still_covers_something(hits):
    assert all(any(r.covers(h) for h in hits) for r in privacy.reviews(REVIEWS))


def test_the_rest_of_the_repository_holds_nothing(hits):
    found = privacy.scan(ROOT, ["docs", "deploy"])
    assert [h for h in found if not h.text.endswith("@example.org")] == []


def notebook(folder: Path, source="x = 1", **data) -> None:
    output = {"output_type": "display_data", "metadata": {}, "data": data}
    cell = {"cell_type": "code", "source": source, "metadata": {}, "outputs": [output]}
    folder.mkdir(exist_ok=True)
    (folder / "a.ipynb").write_text(json.dumps({"cells": [cell]}), encoding="utf-8")


@pytest.mark.parametrize(("kind", "text"), [(k, ts[0]) for k, ts in PLANTED.items()])
def test_it_is_found_wherever_it_is_planted(tmp_path, kind, text):
    """A cell, a cell without a header, a Parquet table, a source, every output and its picture."""
    data, books = tmp_path / "data", tmp_path / "notebooks"
    data.mkdir()
    (data / "a.csv").write_text(f'n,note\n1,"{text}"\n2,x,"{text}"\n', encoding="utf-8")
    pd.DataFrame({"n": [1, 2], "note": ["x", text]}).to_parquet(data / "b.parquet")
    (data / "c.md").write_text(f"# Note\n\n{text}\n", encoding="utf-8")
    packed = text.replace(" ", "%20").replace("<", "%3C")
    facts = {"table": {"rows": [["x", text]]}, "caveats": [text]}
    notebook(
        books,
        [f"# {text}\n", "x = 1"],
        **{
            "text/plain": text,
            "text/html": f"<img src='data:,{packed}'>",
            "application/x": facts,
        },
    )
    found = [h for h in privacy.scan(tmp_path) if h.kind == kind]
    places = {(h.file, h.place) for h in found}
    assert {p for f, p in places if f == "data/a.csv"} == {"note", "None"}
    assert ("data/b.parquet", "note") in places and ("data/c.md", "line 3") in places
    assert sum(h.file == "notebooks/a.ipynb" for h in found) >= 5


def test_headings_of_notebooks_and_tables_and_files_of_any_name_are_searched(tmp_path):
    """A notebook's own metadata, a table's first line, and whatever else a release may hold."""
    mail = "jo.bloggs@example.org"
    book = {"cells": [], "metadata": {"authors": [{"name": mail}], mail: 1}}
    (tmp_path / "a.ipynb").write_text(json.dumps(book), encoding="utf-8")
    (tmp_path / "b.csv").write_text(f"n,{mail}\n", encoding="utf-8")
    for name in ("c.svg", "d.js", "e", "f.parts"):
        (tmp_path / name).write_bytes(f"\xff\n{mail}".encode("latin-1"))
    found = [(h.file, h.place) for h in privacy.scan(tmp_path, ["."])]
    assert found == [
        ("a.ipynb", "metadata"),
        ("a.ipynb", "metadata"),
        ("b.csv", mail),
        *((name, "line 2") for name in ("c.svg", "d.js", "e", "f.parts")),
    ]


def test_a_point_is_found_by_its_column_in_tables(tmp_path):
    (tmp_path / "a.csv").write_text("Latitude,lon\n53.752,-2.3787\n", encoding="utf-8")
    assert [(h.place, h.text) for h in privacy.scan(tmp_path, ["."])] == [
        ("lon", "-2.3787")
    ]


def test_an_exception_covers_no_more_than_it_says():
    hits = [
        privacy.Hit("data/a.csv", "note", "postcode", f"PR1 {n}HE") for n in range(3)
    ]
    review = privacy.Review("data/*.csv", "postcode", "note", 2, "A police station.")
    assert privacy.unreviewed(hits, [review]) == hits[2:]
    assert privacy.unreviewed(hits, [review._replace(places="name")]) == hits
    assert privacy.unreviewed(hits, [review._replace(kind="point")]) == hits
    assert privacy.unreviewed(hits, [review._replace(files="docs/*")]) == hits


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ("kind = 'postcode'\nmost = 1\nreason = ' '", "needs a reason"),
        ("kind = 'postcode'\nreason = 'x'", "needs a reason and `most`"),
        ("kind = 'postcodes'\nmost = 1\nreason = 'x'", "Did you mean 'postcode'"),
        ("kind = 'postcode'\nmost = 1\nreason = 'x'\nwhy = 'x'", "the key"),
    ],
)
def test_an_exception_without_a_reason_is_refused(tmp_path, entry, says):
    (tmp_path / "p.toml").write_text(
        f"[[reviewed]]\nfiles = 'a'\n{entry}\n", encoding="utf-8"
    )
    with pytest.raises(Invalid, match=says):
        privacy.reviews(tmp_path / "p.toml")


def test_the_command_fails_when_something_is_left(tmp_path, capsys):
    (tmp_path / "page.html").write_text(
        "<p>Ask jo.bloggs@example.org</p>", encoding="utf-8"
    )
    assert privacy.main([str(tmp_path)]) == 1
    assert (
        "page.html, line 1: e-mail address: jo.bloggs@example.org"
        in capsys.readouterr().out
    )


def test_a_table_of_ones_own_is_searched_as_a_spreadsheet_saves_it(tmp_path):
    """In Windows' code page, and with semicolons: a point finer than a neighbourhood is found."""
    own = tmp_path / "data/own"
    own.mkdir(parents=True)
    (own / "survey.csv").write_bytes("area;lat\nCafé £5;53.75224\n".encode("cp1252"))
    hits = privacy.scan(tmp_path, ["data"])
    assert hits == [privacy.Hit("data/own/survey.csv", "lat", "point", "53.75224")]
