"""An analyst has a survey of her own, saved by a spreadsheet, and wants a page of it."""

import csv
import shutil
import tomllib
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from outcomes.cli import app

ROOT = Path(__file__).parents[2]
SURVEY = (
    "District,Year,Very worried,Residents asked,Asked on\r\n"
    'Burnley,2025,312,"1,204",30/06/2025\r\n'
    'Preston,2025,295,"1,350",30/06/2025\r\n'
    "Wyre,2025,101,980,01/07/2025\r\n"
)
pytestmark = pytest.mark.build


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A copy of the collection's plan, its tables, and no notebook yet."""
    for name in ("collection.toml", "requirements.lock"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "reports.toml").write_text("# The plan\n")
    (tmp_path / "notebooks").mkdir()
    data = tmp_path / "data"
    data.mkdir()
    for name in ("clean", "datapackage.json", "glossary.csv", "published"):
        (data / name).symlink_to(ROOT / "data" / name)
    (data / "own").mkdir()
    (data / "own/asb_survey.csv").write_bytes(SURVEY.encode("cp1252"))
    monkeypatch.setenv("OUTCOMES_DATA", str(data))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def typed(*command: str, code: int = 0) -> str:
    ran = CliRunner().invoke(app, list(command))
    told = ran.output if ran.exception is None else f"{ran.output}{ran.exception}"
    assert (ran.exit_code == 0) == (code == 0), told
    return told


def test_a_survey_becomes_a_page_and_a_changed_cell_makes_it_due(project):
    assert "asb_survey.toml" in typed("new", "table", "asb_survey")
    said = project / "data/own/asb_survey.toml"
    assert "does not say publisher and licence" in typed("data", "check", code=2)
    text = said.read_text().replace('publisher = ""', 'publisher = "Burnley Council"')
    said.write_text(text.replace('licence = ""', 'licence = "OGL v3.0"'))
    assert tomllib.loads(text)["columns"]["Asked on"]["type"] == "date"

    notebook = "programmes/asb_survey"
    typed("new", "notebook", notebook, "--own", "asb_survey", "--title", "Worry")
    typed("new", "page", "asb-survey", notebook, "--title", "Worry about disorder")
    typed("build", "asb-survey")
    page = (project / "site/latest/asb-survey.html").read_text(encoding="utf-8")
    assert "Burnley has the most very worried: 312." in page
    assert "Burnley Council" in page and "own/asb_survey" in page
    table = next((project / "site/latest/asb-survey").glob("*.csv"))
    rows = list(csv.reader(table.read_text(encoding="utf-8-sig").splitlines()))
    assert any("Wyre" in row and "101" in row for row in rows)

    assert "up to date" in typed("build", "asb-survey")
    file = project / "data/own/asb_survey.csv"
    file.write_text(SURVEY.replace("101", "1,001").replace("1,001", '"1,001"'))
    assert "rows it reads changed: own/asb_survey" in typed("build", "--dry-run")
    typed("build", "asb-survey")
    page = (project / "site/latest/asb-survey.html").read_text(encoding="utf-8")
    assert "Wyre has the most very worried: 1,001." in page

    file.write_text(SURVEY.replace("295", "29S"))
    sentence = "Very worried holds whole numbers, not '29S' in line 3"
    assert sentence in typed("data", "check", code=2)
    assert sentence in typed("build", "asb-survey", code=2)


def test_what_is_there_already_stays(project):
    said = project / "data/own/asb_survey.toml"
    said.write_text(
        'title = "T"\npublisher = "P"\nlicence = "L"\n[columns]\nDistrict = "text"\n'
        'Year = "integer"\n"Very worried" = "integer"\n"Residents asked" = "integer"\n'
        '"Asked on" = "date"\n'
    )
    before = said.read_bytes()
    assert "stays as it is" in typed("new", "table", "asb_survey", code=2)
    assert said.read_bytes() == before
    typed("new", "notebook", "programmes/worry", "--own", "asb_survey")
    again = typed("new", "notebook", "programmes/worry", code=2)
    assert "stays as it is" in again
    plan = (project / "reports.toml").read_text()
    wrong = typed("new", "page", "worry", "programmes/wory", code=2)
    assert "Did you mean 'programmes/worry'" in wrong
    assert (project / "reports.toml").read_text() == plan
    assert "Did you mean 'asb_survey'" in typed(
        "new", "notebook", "programmes/other", "--own", "asb_servey", code=2
    )


def test_a_notebook_without_a_table_of_ones_own_runs_too(project):
    (project / "data/own/asb_survey.csv").unlink()
    typed("new", "notebook", "county/burglaries_here")
    typed("new", "page", "burglaries", "county/burglaries_here", "-p", "year=2025")
    assert "burglaries" in typed("build", "burglaries")
    page = (project / "site/latest/burglaries.html").read_text(encoding="utf-8")
    assert "has the most burglaries" in page
    rows = pd.read_parquet(ROOT / "data/clean/crime_district_monthly.parquet")
    places = pd.read_csv(ROOT / "data/clean/districts.csv").set_index("district")
    here = rows["district"].isin(places.index[places["force"] == "lancashire"])
    of_year = rows["month"].astype(str).str[:4] == "2025"
    rows = rows[here & of_year & (rows["type"] == "burglary")]
    whole = rows.groupby("district")["n"].sum()
    most = places["name"][whole.idxmax()]
    assert f"{most} has the most burglaries: {whole.max():,}." in page
    assert f"{most} has the most burglaries of {len(whole)} districts." in page
    table = next((project / "site/latest/burglaries").glob("*.csv"))
    assert table.read_text(encoding="utf-8-sig").count(most) == 1
