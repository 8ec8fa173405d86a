"""What changed between releases, by how much and why; the feed; and whoever is to be told."""

import json
import subprocess
import sys
from xml.etree import ElementTree as Xml

import pytest

from notebook_maker import PROVENANCE, entry, fact, notebook, plan, show
from outcomes.core.errors import Invalid
from outcomes.publish import build as site
from outcomes.publish import changes, notify, releases, staleness
from outcomes.publish import plan as plans

pytestmark = pytest.mark.build
END = {"text/plain": "End.", PROVENANCE: {"reads": [{"table": "counts", "where": {}}]}}
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """One page that shows the total of a table: 30 arrests at first."""
    monkeypatch.setenv("OUTCOMES_DATA", str(tmp_path / "data"))
    (tmp_path / "data/clean").mkdir(parents=True)
    (tmp_path / "data/datapackage.json").write_text('{"resources": []}')
    (tmp_path / "data/glossary.csv").write_text("term,meaning,source\n")
    counts(tmp_path, 10, 20)
    cells = {"found": 'DATA = json.loads(OLD)\nDATA[KEY]["value"] = total', "other": ""}
    made = []
    for name, change in cells.items():
        cell = show(
            fact(name, f"Of {name}.", value=7, unit="arrests", lower=None, upper=None)
        )
        text = cell.split("display(json.loads(")[1].removesuffix("), raw=True)")
        key = '"application/vnd.outcomes.finding+json"'
        change = (
            change.replace("OLD", text).replace("KEY", key)
            or f"DATA = json.loads({text})"
        )
        made.append(f"import json, csv, os\n{change}\ndisplay(DATA, raw=True)")
    made[0] = (
        "import csv, os\nrows = csv.DictReader(open(os.environ['OUTCOMES_DATA'] + "
        f"'/clean/counts.csv'))\ntotal = sum(int(r['n']) for r in rows)\n{made[0]}"
    )
    notebook(
        tmp_path / "notebooks/demo.ipynb",
        *made,
        parameters=None,
        end=f"display({END}, raw=True)",
    )
    plan(tmp_path, entry("demo", "demo", "Demo"))
    (tmp_path / "CHANGELOG.md").write_text(
        "- **Method** The first way\n  to count.\n- A remark.\n"
    )
    build(tmp_path)
    return tmp_path


def counts(folder, *numbers):
    rows = "".join(f"2024-{m:02},{n}\n" for m, n in enumerate(numbers, start=1))
    (folder / "data/clean/counts.csv").write_text("month,n\n" + rows)


def build(folder):
    found = plans.read(folder / "reports.toml")
    return site.build(found, found.resolve(), out=folder / "site", workers=1)


def test_a_revised_row_is_told_in_words_everywhere(folder):
    counts(folder, 10, 25)
    made = build(folder)
    said = "30 arrests became 35 arrests (up 5)"
    assert made.entries[0]["changes"] == [
        {"name": "found", "said": said, "why": "data revised"}
    ]
    page = (made.path / "demo.html").read_text()
    assert f"<li>Found: {said}. <span" in page and "Why: data revised." in page
    first = releases.names(folder / "site")[0]
    assert changes.diff(folder / "site") == [
        f"From {first} to {made.path.name}:",
        f"Demo, found: {said}. Why: data revised.",
    ]
    assert (
        f"Demo, found: {said}. Why: data revised."
        in (made.path / "index.html").read_text()
    )
    feed = Xml.fromstring((made.path / "feed.xml").read_text())
    entries = feed.findall(f"{ATOM}entry")
    assert [e.find(f"{ATOM}id").text.rpartition(":")[2] for e in entries] == [
        made.path.name,
        first,
    ]
    assert said in entries[0].find(f"{ATOM}content").text
    stamp = made.path.name
    when = f"{stamp[:4]}-{stamp[4:6]}-{stamp[6:8]}T{stamp[9:11]}:{stamp[11:13]}:{stamp[13:15]}Z"
    assert feed.find(f"{ATOM}updated").text == when
    assert "30" in (folder / f"site/releases/{first}/findings.csv").read_text()


def test_more_rows_are_new_data(folder):
    counts(folder, 10, 20, 5)
    assert build(folder).entries[0]["changes"][0]["why"] == "new data"


def test_a_method_named_in_the_changelog_explains_a_change_of_code(folder, monkeypatch):
    (folder / "CHANGELOG.md").write_text(
        "- **Method** The first way\n  to count.\n- **Method** New.\n"
    )
    source = folder / "notebooks/demo.ipynb"
    source.write_text(source.read_text().replace("sum(int", "2 * sum(int"))
    why = "change of method: New.; the notebook changed"
    assert [c["why"] for c in build(folder).entries[0]["changes"]] == [why]
    monkeypatch.setattr(staleness, "code_digest", lambda: "other")
    assert build(folder).entries[0]["changes"][0]["why"] == why, "what was told stays"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ({"value": 3067.0}, {"value": 3100.0}, "3,067 became 3,100 (up 33)"),
        ({"value": 0.25}, {"value": 0.2}, "0.25 became 0.2 (down 0.05)"),
        ({"value": 1.23456}, {"value": 2.5}, "1.235 became 2.5 (up 1.265)"),
        ({"value": 1, "unit": "%"}, {"value": None, "unit": "%"}, "1% became none%"),
        ({"lower": 1, "upper": 5}, {"lower": 2, "upper": 5}, "1 to 5 became 2 to 5"),
        ({"sentence": "A."}, {"sentence": "B."}, "now reads: B."),
        ({"value": 0.1 + 0.2}, {"value": 0.3}, ""),
        (None, {"sentence": "B."}, "new: B."),
        ({"sentence": "A."}, None, "no longer shown: A."),
    ],
)
def test_a_change_in_words(old, new, said):
    plain = {"unit": "", "sentence": "", "verdict": "published"}
    assert changes._said(old and plain | old, new and plain | new) == said


def test_releases_are_found_by_the_beginning_of_their_names(folder):
    first = releases.names(folder / "site")[0]
    assert "is the first" in changes.diff(folder / "site")[0]
    counts(folder, 11, 20)
    second = build(folder).path.name
    assert changes.diff(folder / "site", first, second) == changes.diff(folder / "site")
    assert changes.diff(folder / "site", second, second)[1:] == ["No finding differs."]
    with pytest.raises(Invalid, match="release"):
        changes.diff(folder / "site", "1999")


def test_the_command_says_what_moved(folder):
    counts(folder, 11, 20)
    build(folder)
    command = [sys.executable, "-m", "outcomes", "diff"]
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert ran.returncode == 0
    assert "30 arrests became 31 arrests (up 1)" in ran.stdout


def ask(folder, on):
    words = [
        sys.executable,
        "-c",
        "import sys; open('told', 'w').write(sys.stdin.read())",
    ]
    text = f"\n[notify]\ncommand = {json.dumps(words)}\non = {json.dumps(on)}\n"
    plan(folder, entry("demo", "demo", "Demo") + text)


def tell(folder):
    said = []
    found = plans.read(folder / "reports.toml")
    assert notify.made(found, build(folder), said.append) is not bool(said)
    told = folder / "told"
    return json.loads(told.read_text()) if told.exists() else said


def test_a_command_is_told_of_changes_and_failures_and_of_nothing_else(folder):
    ask(folder, ["failure", "change"])
    assert tell(folder) == [], "nothing happened"
    counts(folder, 11, 20)
    told = tell(folder)
    assert (told["occasions"], told["built"]) == (["change"], ["demo"])
    assert told["changes"] == [
        "Demo, found: 30 arrests became 31 arrests (up 1). Why: data revised."
    ]
    notebook(folder / "notebooks/demo.ipynb", "1 / 0", parameters=None)
    told = tell(folder)
    assert told["occasions"] == ["failure"]
    assert told["failed"] == {"demo": "ZeroDivisionError: division by zero (cell 3)"}
    (folder / "told").unlink()
    ask(folder, ["change"])
    assert tell(folder) == [], "nobody asked to hear of failures"
    found = plans.read(folder / "reports.toml")
    assert notify.failed(found, folder / "site", OSError("full"), print)
    assert not (folder / "told").exists()


def test_a_command_that_does_not_work_is_said(folder):
    plan(
        folder,
        entry("demo", "demo", "Demo") + '[notify]\ncommand = ["no-such-command"]\n',
    )
    notebook(folder / "notebooks/demo.ipynb", "1 / 0", parameters=None)
    assert "no-such-command" in tell(folder)[0]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[notify]\ncommand = "mail"\n', "list of words"),
        ('[notify]\ncommand = ["mail"]\non = ["chance"]\n', "'change'"),
        ('[notify]\ncommand = ["mail"]\nwhen = 1\n', "when"),
    ],
)
def test_a_notify_table_that_cannot_be_used_is_refused(folder, text, says):
    plan(folder, entry("demo", "demo", "Demo") + text)
    with pytest.raises(Invalid, match=says):
        plans.read(folder / "reports.toml")
