"""The documents: what they name exists, and the commands they give are there."""

import csv
import json
import re
import subprocess
from html import escape
from pathlib import Path

import pytest
import yaml
from typer.main import get_command

from outcomes.cli import app
from outcomes.publish import render

ROOT = Path(__file__).parents[1]
LISTED = subprocess.run(
    ["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=False
).stdout.split()
DOCUMENTS = sorted(
    {*LISTED, *(p.relative_to(ROOT).as_posix() for p in ROOT.glob("docs/*.md"))}
)
TARGETS = set(
    re.findall(r"(?m)^([a-z-]+):(?!=)", (ROOT / "Makefile").read_text("utf-8"))
)
FENCE = re.compile(r"```[a-z]*\n(.*?)```", re.S)
QUALITY, IMPACT = ("high", "medium", "low"), ("high", "medium", "low")

each = pytest.mark.parametrize("name", DOCUMENTS)


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def code(name: str) -> list[str]:
    """Lines of code in a document, and code within its lines."""
    blocks = [
        line for block in FENCE.findall(text(name)) for line in block.splitlines()
    ]
    return blocks + re.findall(r"`([^`\n]+)`", FENCE.sub("", text(name)))


def anchors(name: str) -> set[str]:
    heads = re.findall(r"(?m)^#+ (.+)$", FENCE.sub("", text(name)))
    return {re.sub(r"[^\w -]", "", h.lower()).strip().replace(" ", "-") for h in heads}


@each
def test_every_link_leads_somewhere(name):
    for link in re.findall(r"\]\(([^()\s]+)\)", FENCE.sub("", text(name))):
        if re.match(r"(https?|mailto):", link):
            continue
        path, _, anchor = link.partition("#")
        target = (ROOT / name).parent / path if path else ROOT / name
        assert target.exists(), link
        if anchor and target.suffix == ".md":
            assert anchor in anchors(target.resolve().relative_to(ROOT).as_posix()), (
                link
            )


@each
def test_every_make_target_it_names_exists(name):
    named = [
        w
        for line in code(name)
        for w in re.findall(r"(?:^|&& )make ([a-z][a-z-]*)", line)
    ]
    assert set(named) <= TARGETS, named


def commands() -> dict[str, set[str]]:
    """Every command of the command line, groups joined by a space, with its options."""
    found: dict[str, set[str]] = {}

    def walk(one, path: str) -> None:
        for word, inner in getattr(one, "commands", {}).items():
            walk(inner, f"{path} {word}".strip())
        if not hasattr(one, "commands"):
            found[path] = {o for p in one.params for o in (*p.opts, *p.secondary_opts)}

    walk(get_command(app), "")
    return found


@each
def test_every_command_it_names_exists_with_its_options(name):
    known = commands()
    for line in code(name):
        for said in re.findall(
            r"(?:^|bin/|^python -m )outcomes ((?:[a-z]+)(?: [^|&;]*)?)", line
        ):
            words = said.split()
            two = " ".join(words[:2])
            command = two if two in known else words[0]
            group = any(c.startswith(f"{words[0]} ") for c in known)
            assert command in known or (group and len(words) == 1), said
            options = {w.partition("=")[0] for w in words if re.match(r"--?[a-z]", w)}
            assert options <= known.get(command, set()) | {"--help"}, said


def test_every_target_a_person_would_use_is_named():
    shown = set(re.findall(r"(?m)^([a-z-]+):[^\n]*## ", text("Makefile")))
    lines = code("docs/commands.md")
    assert shown <= {w for line in lines for w in re.findall(r"make ([a-z-]+)", line)}


def test_every_command_is_named_on_its_page():
    lines = [f"{line} " for line in code("docs/commands.md")]
    for command in commands():
        assert any(f"outcomes {command} " in line for line in lines), command


def test_the_minutes_of_a_lesson_are_those_that_it_says_itself():
    page = text("notebooks/learn/INSTRUCTORS.md")
    table = re.findall(r"(?m)^\| (?:\[.+?\]\((.+?)\)|break) \| (\d+) \|", page)
    minutes = {lesson: int(said) for lesson, said in table}
    for path in ROOT.glob("notebooks/learn/*.ipynb"):
        cell = json.loads(path.read_text(encoding="utf-8"))["cells"][0]
        said = re.search(r"(\w+) minutes", "".join(cell["source"]))[1]
        assert minutes[path.name] == int({"ten": "10"}.get(said, said)), path.name
    assert len(minutes) == 9  # and a break
    assert 225 <= sum(minutes.values()) < 240 and "under four hours" in page


def assumptions() -> list[dict]:
    with (ROOT / "docs/assumptions.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_assumption_is_graded_and_used_somewhere():
    rows = assumptions()
    assert len(rows) >= 20
    assert [r["id"] for r in rows] == [f"A{n:02d}" for n in range(1, len(rows) + 1)]
    assert len({r["text"] for r in rows}) == len(rows)
    for row in rows:
        assert row["quality"] in QUALITY and row["impact"] in IMPACT, row["id"]
        assert row["text"].endswith(".") and len(row["text"]) > 40
        places = row["where_used"].split("; ")
        assert all((ROOT / p).is_file() for p in places), row["id"]


def test_every_assumption_is_shown_on_a_page_and_every_report_shows_some():
    """No page hides a count today, so A22 concerns none."""
    rows = [row for row in assumptions() if row["id"] != "A22"]
    assert all("notebooks/" in row["where_used"] for row in rows)
    for path in ROOT.glob("notebooks/[cp][or]*/*.ipynb"):
        name = path.relative_to(ROOT / "notebooks").with_suffix("").as_posix()
        html = render.assumptions(ROOT, name)
        listed = [r["text"] for r in rows if f"/{name}.ipynb" in r["where_used"]]
        assert listed and html.count("<li>") == len(listed), name
        assert all(escape(text) in html for text in listed)


def test_the_page_of_assumptions_is_the_list():
    shown = re.findall(
        r"(?m)^\| (A\d\d) \| (.+?) \| (\w+) \| (\w+) \| (.+) \|$",
        text("docs/assumptions.md"),
    )
    found = [
        (i, t, q, m, "; ".join(re.findall(r"\]\(\.\./([^)]+)\)", where)))
        for i, t, q, m, where in shown
    ]
    assert found == [tuple(r.values()) for r in assumptions()]


def test_sites_of_any_force_are_evaluated_in_ten_lines(capsys):
    """And they print what the page says."""
    page = text("docs/evaluation.md")
    lines = re.search(r"```python\n(.*?)```", page, re.S)[1]
    assert len([line for line in lines.splitlines() if line]) <= 10
    exec(lines, {})
    assert capsys.readouterr().out in page


def test_published_results_are_what_the_page_says():
    import validation_table

    rows = validation_table.rows()
    assert not [row for row in rows if not row.agrees()]
    assert text("docs/validation.md") == validation_table.table()
    for row in rows:
        module, _, test = row.route.partition("::")
        tests = text(f"tests/methods/evaluation/test_{module}.py")
        assert f"def {test}(" in tests, row.route


def test_simulated_shares_are_judged_by_the_rule_that_the_page_gives():
    """A miss of one standard error or less shows nothing; beyond it a design is cautious or fails."""
    rows = re.findall(
        r"(?m)^\| .+ \| ([\d,]+) \| ([\d.]+)% \| ([\d.]+)% \| (.+) \|$",
        text("docs/coverage.md"),
    )
    assert len(rows) > 30
    for runs, held, alarms, verdict in rows:
        error = 100 * (0.95 * 0.05 / int(runs.replace(",", ""))) ** 0.5
        share = float(held), float(alarms)
        said = "within the error"
        if share[0] < 93 - error or share[1] > 6 + error:
            said = "no"
        elif share[0] > 97 + error or share[1] < 4 - error:
            said = "cautious"
        elif 93 <= share[0] <= 97 and 4 <= share[1] <= 6:
            said = "yes"
        assert verdict.partition(":")[0] == said, (runs, held, alarms)


def test_what_pages_say_today_is_what_they_find():
    import then_and_now_table

    assert text("docs/then_and_now.md") == then_and_now_table.table()


def requirements() -> list[tuple[str, str, str, str]]:
    """Level, requirement, state and evidence of every line of the pipeline's record."""
    out = []
    for level, part in re.findall(
        r"(?ms)^## (\w+)\n(.*?)(?=^## |\Z)", text("docs/rap.md")
    ):
        rows = re.findall(r"(?m)^\| (.+?) \| (.+?) \| (.+) \|$", part)
        out += [(level, *row) for row in rows if row[0] not in ("Requirement", "---")]
    return out


def test_all_levels_and_their_requirements_are_there():
    levels = [r[0] for r in requirements()]
    assert {level: levels.count(level) for level in levels} == {
        "Baseline": 5,
        "Silver": 9,
        "Gold": 4,
    }


@pytest.mark.parametrize(("level", "what", "state", "evidence"), requirements())
def test_each_piece_of_evidence_exists(level, what, state, evidence):
    paths = re.findall(r"`([^`]+)`", evidence)
    assert state in ("met", "open")
    assert paths and all((ROOT / p).exists() for p in paths), evidence
    assert (
        state == "met" or "organisation" in evidence
    )  # what is open says who can close it


def test_the_log_names_every_suite_once_and_all_of_them_exist():
    named = re.findall(r"\]\(\.\./(tests/[^)]+)\)", text("docs/quality.md"))
    assert len(named) >= 20
    assert all((ROOT / p).is_file() for p in named)
    dates = re.findall(r"(?m)^\| (\d{4}-\d\d-\d\d) \|", text("docs/quality.md"))
    assert dates == sorted(dates) and dates


def test_the_log_counts_what_the_suites_try():
    from hostile_texts import FORMULAS, HANDLES, TEXTS

    log = text("docs/quality.md")
    for many, what in (
        (TEXTS, "hostile texts"),
        (FORMULAS, "formulas"),
        (HANDLES, "handles"),
    ):
        assert f"{len(many)} {what}" in log


TEMPLATES = sorted((ROOT / ".github/ISSUE_TEMPLATE").glob("a-*.yml"))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_an_issue_template_is_a_form_that_can_be_filled_in(path):
    form = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert form["name"] and form["description"]
    ids = [field["id"] for field in form["body"]]
    assert len(ids) == len(set(ids)) and ids
    assert any(field.get("validations", {}).get("required") for field in form["body"])
    assert all(field["attributes"]["label"] for field in form["body"])
