"""Export and import: a question as a page of the plan, its answer as files, an analyst's own figures."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from outcomes.core import project
from outcomes.core.errors import Invalid
from outcomes.core.formatting import count, listed, slug
from outcomes.data import quality, tables, vocabularies
from outcomes.explore import questions
from outcomes.explore.queries import RECORDED, STREET, Question
from outcomes.findings.finding import Finding
from outcomes.ingest import published_figures, published_figures_checks


class Parameter(NamedTuple):
    """A parameter of a report: its name, its vocabulary, and the control that it follows."""

    name: str
    vocabulary: str
    control: str


class Report(NamedTuple):
    """The report about a programme, and those of its parameters that a question settles."""

    notebook: str
    parameters: tuple[Parameter, ...]
    group: str = "programmes"


REPORTS = {
    RECORDED: Report(
        "county/trend_monitor",
        (Parameter("offences", "offence_group", "measure"),),
        "county",
    ),
    STREET: Report(
        "county/area_profile",
        (
            Parameter("area", "district", "areas"),
            Parameter("year", "crime_year", "end"),
        ),
        "districts",
    ),
    "op_warrior": Report(
        "programmes/op_warrior",
        (
            Parameter("measures", "op_warrior_measure", "measure"),
            Parameter("period_unit", "period_unit", "by"),
        ),
    ),
    "fraud": Report(
        "programmes/fraud", (Parameter("measures", "fraud_measure", "measure"),)
    ),
    "county_lines": Report(
        "programmes/county_lines",
        (Parameter("measures", "county_lines_measure", "measure"),),
    ),
    "modern_slavery": Report(
        "programmes/modern_slavery",
        (Parameter("series", "modern_slavery_series", "measure"),),
    ),
    "no_more_knives": Report(
        "programmes/no_more_knives", (Parameter("area", "nmk_area", "areas"),)
    ),
    "project_adder": Report(
        "programmes/project_adder", (Parameter("district", "district", "areas"),)
    ),
    "clear_hold_build": Report(
        "programmes/clear_hold_build", (Parameter("area", "chb_area", "areas"),)
    ),
    "op_sceptre": Report(
        "programmes/op_sceptre", (Parameter("wave", "sceptre_wave", "end"),)
    ),
}
"""The reports that a question can become a page of, by programme."""


def page(question: Question, title: str = "") -> str:
    """The ``[[page]]`` entry of the report that answers a question, for ``reports.toml``.

    Raises :class:`Invalid` when no report is about the programme.

    >>> question = questions.settle({"programme": "fraud", "measure": "losses"}).question
    >>> page(question).splitlines()[2]
    'notebook = "programmes/fraud"'
    """
    report = _report(question)
    values = parameters(question)
    name = report.notebook.rpartition("/")[2].replace("_", " ")
    title = " ".join(title.split())
    if not title:
        words = (re.sub("[^A-Za-z0-9]+", " ", v).strip() for v in values.values())
        title = f"{name.capitalize()}: {' '.join(words)}"
    lines = {
        "handle": f"{slug(name)}/{slug(title.partition(':')[2] or title)}",
        "notebook": report.notebook,
        "title": title,
        "group": report.group,
    }
    text = "".join(
        f"{key} = {json.dumps(value, ensure_ascii=False)}\n"
        for key, value in lines.items()
    )
    several = {
        p.name for p in report.parameters if p.vocabulary in vocabularies.SEVERAL
    }
    pairs = ", ".join(
        f"{key} = {json.dumps([value] if key in several else value)}"
        for key, value in values.items()
    )
    return f"[[page]]\n{text}" + (f"parameters = {{ {pairs} }}\n" if pairs else "")


def _report(question: Question) -> Report:
    if question.programme not in REPORTS:
        raise Invalid("No report is about this programme, so it has no page to make.")
    return REPORTS[question.programme]


def parameters(question: Question) -> dict[str, str]:
    """The parameters of a report that a question settles, with values that it may have."""
    found = {}
    for name, vocabulary, control in _report(question).parameters:
        choices = vocabularies.choices(vocabulary)
        value = getattr(question, control)
        if control == "areas":
            value = value[0]
        elif vocabulary == "sceptre_wave":  # the last week by the end of the years
            value = max((w for w in choices if w[:4] <= (value or "9")), default="")
        elif vocabulary == "modern_slavery_series":
            words = {measure: word for word, measure in vocabularies.SERIES.items()}
            value = words.get(value)
        if value in choices:
            found[name] = value
    return found


def left_out(question: Question) -> str:
    """What a question asks and the page of :func:`page` does not, as a sentence; "" for nothing.

    >>> wish = {"programme": "street_crime", "measure": "burglary", "areas": ("Preston",)}
    >>> left_out(questions.settle(wish).question)
    'The report cannot be asked for measure burglary: the page is made without it.'
    """
    made = parameters(question)
    carried = {p.control for p in _report(question).parameters if p.name in made}
    usual = questions.settle({"programme": question.programme}).question
    lost = []
    for name, label in questions.LABELS.items():
        value = getattr(question, name)
        if name not in carried and (name == "measure" or value != getattr(usual, name)):
            said = listed(value) if name == "areas" else value
            lost.append(f"{label.lower()} {said.replace('_', ' ')}")
    if question.areas[1:] and "areas" in carried:
        lost.append(f"places {listed(question.areas[1:])}")
    if not lost:
        return ""
    it = "it" if len(lost) == 1 else "them"
    return (
        f"The report cannot be asked for {listed(lost)}: the page is made without {it}."
    )


def plan() -> Path:
    """``reports.toml`` in a folder above this one, or beside the data."""
    found = (folder / "reports.toml" for folder in Path.cwd().resolve().parents)
    return next(filter(Path.is_file, found), tables.root().parent / "reports.toml")


def add_page(entry: str, file: Path) -> str:
    """Append an entry to a plan once the plan with it has been checked; says how to build it.

    Raises :class:`Invalid` with the sentence of ``outcomes build --dry-run``; the plan then stays.
    """
    handle = entry.split('handle = "')[1].split('"')[0]
    trial = file.with_name(f".{file.name}.part")
    trial.write_text(
        f"{file.read_text(encoding='utf-8').rstrip()}\n\n{entry}", encoding="utf-8"
    )
    command = [
        sys.executable,
        "-m",
        "outcomes",
        "build",
        handle,
        "--dry-run",
        "--plan",
        str(trial),
    ]
    done = subprocess.run(command, capture_output=True, text=True, cwd=file.parent)
    if done.returncode:
        trial.unlink()
        raise Invalid(
            done.stderr.strip()
            .removeprefix("outcomes: ")
            .replace(trial.name, file.name)
        )
    trial.replace(file)
    return f"Added to {file.name}. Build it with: {project.command('build', handle)}"


def export(found: Finding, question: Question, folder: Path) -> list[Path]:
    """Write a finding's table as CSV and its figure as SVG, named by the question."""
    folder.mkdir(parents=True, exist_ok=True)
    words = (question.programme, question.measure, question.areas[0], question.chart)
    name = slug(" ".join(words))
    files = []
    if found.frame is not None:
        files.append(folder / f"{name}.csv")
        found.frame.to_csv(files[-1], index=False, lineterminator="\n")
    if drawn := found.svg:
        files.append(folder / f"{name}.svg")
        files[-1].write_text(drawn, encoding="utf-8")
    return files


def own_figures(content: bytes) -> str:
    """Let figures of an analyst's own file stand beside the register's, for this session only.

    The file has the columns of ``data/published/figures.csv``. It is taken only when the checks
    of the register and the gate of the tables pass; :class:`Invalid` lists what does not.
    """
    home, folder = tables.root(), Path(tempfile.mkdtemp(prefix="outcomes-"))
    shutil.copytree(home, folder, dirs_exist_ok=True)
    published, own = folder / "published", folder / "own.csv"
    own.write_bytes(content)
    given = {
        n: published_figures_checks.read_input(published / f"{n}.csv", c)
        for n, c in published_figures_checks.INPUTS.items()
    }
    try:
        register, given["figures"] = (
            given["figures"],
            published_figures_checks.read_input(
                own, published_figures_checks.INPUTS["figures"]
            ),
        )
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError):
        raise Invalid("The file is not a CSV in UTF-8 that can be read.") from None
    published_figures_checks.raise_problems(
        published_figures_checks.row_problems(given)
    )
    both = pd.concat([register, given["figures"]], ignore_index=True)
    again = both.duplicated(published_figures_checks.IDENTITY).sum()
    both.drop_duplicates(published_figures_checks.IDENTITY).to_csv(
        published / "figures.csv", index=False
    )
    published_figures.build(published, folder / "clean")
    published_figures_checks.raise_problems(quality.errors(folder / "clean"))
    os.environ["OUTCOMES_DATA"] = str(folder)
    known = f" {again} stood in the register already." if again else ""
    new = len(given["figures"]) - again
    verb = "is" if new == 1 else "are"
    return f"{count(new, 'figure')} of your own {verb} in this session.{known}"
