"""Every statement of page 5 of the annual report has its place: on its programme's page, with its
source, as what the report says.

Figures are held by ``test_whole_site.py``; these are the sentences without a figure.
"""

import json
import re

import pytest
from spoken import ROOT

SOURCE = "https://lancashire-pcc.gov.uk/police-annual-report-2023-2024/page-5"
STATEMENTS = {  # a page, and words of each statement in the order of the report
    "county/annual_report": [
        "found the police to be good",
        "work with local authorities",
        "local, regional and national partnerships",
        "anti-social behaviour survey",
        "County Hall in Preston, or by e-mail",
    ],
    "programmes/op_warrior": [
        "began in 2022",
        "cash, cars and other assets",
        "supply of drugs, human trafficking and cyber-crime",
        "relied on what the public reported",
        "award of the Chartered Institute of Public Relations",
    ],
    "programmes/clear_hold_build": [
        "Home Office made the framework",
        "pursued until they leave",
        "patrols that are seen",
        "residents are equipped",
        "launch for partners in September",
        "launch for the community was planned for summer 2024",
        "widely praised",
        "serious acquisitive crime and anti-social behaviour",
    ],
    "programmes/project_adder": [
        "addiction, diversion, disruption, enforcement and recovery",
        "local authorities that drugs hit hardest",
        "had lately turned two",
        "worst affected neighbourhoods",
        "Councils, police and charities",
        "therapy and rehabilitation",
        "a man who had relapsed",
        "having an impact",
    ],
    "programmes/modern_slavery": [
        "Commissioner contributes to the Pan-Lancashire Anti-Slavery Partnership",
        "businesses and local authorities to know the signs",
        "the Freedom Bus",
        "National Farmers' Union, Street Pastors",
        "colleges and universities",
        "pledge began in February 2024",
        "checklist, posters and training",
    ],
    "programmes/no_more_knives": [
        "at first hand from people who lived with knife crime",
        "Message Trust",
        "Andy Pratt",
        "danger of carrying a knife",
    ],
    "programmes/county_lines": [
        "North West Regional Organised Crime Unit and the National Crime Agency",
        "suspected drugs of classes A and B",
        "schools and youth groups",
        "told parents",
        "Genga network",
        "Operation Aident",
    ],
    "programmes/op_sceptre": [
        "Violence Reduction Network led the week",
        "knife arches in public places",
        "carry knives habitually",
        "warning from Trading Standards",
    ],
    "programmes/fraud": [
        "protect residents from threats online",
        "rental scam in and around Preston",
        "five years in prison at Preston Crown Court",
        "withdraw money and buy watches",
        "stopped on the motorway",
    ],
}


def missing(text: str, said: list[str]) -> list[str]:
    """The statements that a text does not make."""
    words = " ".join(text.split()).lower()
    return [one for one in said if " ".join(one.split()).lower() not in words]


def prose(notebook: str) -> str:
    cells = json.loads((ROOT / f"notebooks/{notebook}.ipynb").read_text("utf-8"))
    return "\n".join(
        "".join(cell["source"])
        for cell in cells["cells"]
        if cell["cell_type"] == "markdown"
    )


@pytest.mark.parametrize("notebook", STATEMENTS)
def test_each_statement_stands_on_its_page_with_its_source(notebook):
    text = prose(notebook)
    assert missing(text, STATEMENTS[notebook]) == []
    part = text.split("besides its figures")[1].split("\n## ")[0]
    assert SOURCE in part
    assert "own account" in part


def test_a_statement_that_is_left_out_is_missed():
    text = prose("programmes/modern_slavery").replace("Freedom Bus", "bus")
    assert missing(text, STATEMENTS["programmes/modern_slavery"]) == ["the Freedom Bus"]


@pytest.mark.build
@pytest.mark.parametrize("notebook", STATEMENTS)
def test_a_reader_finds_each_statement_on_the_site(release, notebook):
    pages = json.loads((release / "manifest.json").read_text("utf-8"))["pages"]
    path = next(page["path"] for page in pages if page["notebook"] == notebook)
    html = (release / path).read_text(encoding="utf-8")
    text = re.sub(r"<[^>]+>", "", html.replace("&#39;", "'").replace("&#x27;", "'"))
    assert missing(text, STATEMENTS[notebook]) == []
