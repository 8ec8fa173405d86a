"""docs/then_and_now.md: what each page could say, and what it says: `python tests/then_and_now_table.py`.

What it says is read from the findings that every page is held to (tests/baselines), so that it moves with
the pages; what it could say is from the stored outputs of version 0.1.0.
"""

import tomllib
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs/then_and_now.md"
HEAD = """# What the pages could say, and what they say

For each programme: the sentence on its effect in version 0.1.0, and the sentences of today, with what made
the difference. Today's are read from the findings that every page is held to, by
`python tests/then_and_now_table.py`; a test compares.

| Programme | Version 0.1.0 | Today | What made the difference |
|---|---|---|---|
"""


class Line(NamedTuple):
    """One question: the page and the findings that answer it."""

    programme: str
    then: str
    page: str
    findings: list[str]
    because: str

    def now(self) -> str:
        """The sentences of today."""
        file = HERE / "baselines" / f"{self.page}.toml"
        found = tomllib.loads(file.read_text(encoding="utf-8"))["findings"]
        answer = found["answer"]
        said = [f"**{answer['answer'].capitalize()}.** {answer['sentence']}"]
        said += [found[name]["sentence"] for name in self.findings]
        return " ".join(said).replace("|", "\\|")


LINES = [
    Line(
        "Clear, Hold, Build: anti-social behaviour",
        "It fell by 12% compared with 54 matched neighbourhoods (95% interval −31% to +11%); no effect can be "
        "told from chance (p = 0.27).",
        "clear-hold-build",
        ["what-could-be-found", "drift-carried-on", "other-choices"],
        "What the study could have seen comes first; the earlier drift is carried on; every choice stands in "
        "one curve.",
    ),
    Line(
        "Clear, Hold, Build: serious acquisitive crime",
        "It fell by 36% (95% interval −58% to −3%); no effect can be told from chance (p = 0.068).",
        "clear-hold-build--serious-acquisitive-crime",
        ["what-could-be-found", "other-choices"],
        "The claim names it, so it is a primary outcome; the drift before the start, carried on, is a finding.",
    ),
    Line(
        "Project ADDER: drug offences",
        "They fell by 8% compared with 282 matched neighbourhoods; with 6 placebo areas that do not overlap, "
        "no effect of any size could be told.",
        "project-adder",
        ["rank-among-districts"],
        "A test that has power: the district is ranked among the districts of two counties.",
    ),
    Line(
        "Project ADDER: all crime",
        "Described; no test of any size was possible.",
        "project-adder--all-crime",
        [],
        "The same test.",
    ),
    Line(
        "Op Warrior: recorded drug trafficking",
        "It fell by 33% compared with a mix of 16 other forces; no effect can be told from chance (p = 0.14). A "
        "fall of 58% or more would usually have shown.",
        "op-warrior",
        [
            "what-could-be-found",
            "trafficking-against-other-forces",
            "trafficking-by-its-own-trend",
            "trafficking-by-each-method",
        ],
        "Synthetic difference in differences, augmented synthetic control and an interrupted time series "
        "beside the synthetic control.",
    ),
    Line(
        "Modern slavery",
        "Recorded offences: 35 in 2025 Q4, within the usual range; 19 of 43 quarters signal change.",
        "modern-slavery",
        ["offences-by-quarter", "offences-by-force"],
        "One answer to the page's question; forces are ranked where limits say little. Counts follow awareness "
        "and recording, so that no effect is tested.",
    ),
    Line(
        "County Lines",
        "268 national arrests a day in March 2024, 1.16 times the rate of October 2023 (interval 1.09 to 1.24).",
        "county-lines",
        ["arrests-a-day"],
        "A difference between weeks is judged by how much weeks differ, which is five times chance; the "
        "claim of a rise is gone.",
    ),
    Line(
        "Op Sceptre",
        "The share of test purchases that failed was 23.8% in November 2023 and 26.7% in September 2019, "
        "which is consistent with no change.",
        "op-sceptre",
        ["blade-offences"],
        "The latest week is compared with all earlier ones together, as more purchases tell more.",
    ),
    Line(
        "No More Knives",
        "What share of secondary pupils in Lancashire was reached cannot be told.",
        "no-more-knives",
        [],
        "Nothing counted could show an effect; the page says what it would take.",
    ),
    Line(
        "Fraud",
        "500 fraud reports a month in June 2024 to May 2025, 1.17 times the rate of January 2019 to February "
        "2021 (interval 1.13 to 1.20).",
        "fraud",
        [],
        "An interval that allowed for chance alone is gone; the page says why no before and after is possible.",
    ),
]


def table() -> str:
    """The page."""
    rows = [f"| {x.programme} | {x.then} | {x.now()} | {x.because} |" for x in LINES]
    return HEAD + "\n".join(rows) + "\n"


if __name__ == "__main__":
    PAGE.write_text(table(), encoding="utf-8")
