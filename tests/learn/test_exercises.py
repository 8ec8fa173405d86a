"""The lessons: not yet, right, and which mistake; hints and quizzes."""

import json
import re
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import seaborn as sns
from lesson_runner import NAMES, ROOT, each, of_lesson, run, states

from outcomes import learn
from outcomes.core.errors import Invalid
from outcomes.learn import answer_key, copies
from outcomes.learn.exercise_file import exercises

FACTS = lru_cache(answer_key.facts)


@pytest.fixture(autouse=True)
def computed_once(monkeypatch):
    """The facts of a theme, since these tests do not change the data."""
    monkeypatch.setattr(answer_key, "facts", FACTS)


def bars(values):
    """A chart of these values, as seaborn draws bars."""
    series = pd.Series(values)
    _, ax = plt.subplots()
    return sns.barplot(x=series.index.astype(str), y=series.to_numpy(), ax=ax)


@pytest.fixture(scope="module")
def copy(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("learner") / "my-lessons"
    copies.write_copies(ROOT / "notebooks/learn", folder)
    return folder


def test_there_are_eight_lessons():
    assert [n[:2] for n in NAMES] == [f"0{n}" for n in range(8)]
    assert {v["lesson"] for v in exercises().values()} == {n[:2] for n in NAMES}


@each
def test_the_learners_copy_as_given_says_not_yet_and_never_raises(
    name, copy, monkeypatch
):
    monkeypatch.chdir(copy)
    shown, _ = run(copy / f"{name}.ipynb")
    assert states(shown).count("not yet") == len(of_lesson(name))
    assert set(states(shown)) == {"not yet", "hint", "note"}
    text = (copy / f"{name}.ipynb").read_text(encoding="utf-8")
    assert '"solution"' not in text and '"execution_count": 1' not in text


@each
def test_the_last_hint_leads_to_the_right_answer(name, tmp_path, monkeypatch):
    """Even for someone who typed numbers, so that no solution's names are at hand."""
    monkeypatch.chdir(tmp_path)
    _, names = run(ROOT / f"notebooks/learn/{name}.ipynb", leave_out="solution")
    for key in (k for k in of_lesson(name) if "question" not in exercises()[k]):
        line = exercises()[key]["hints"][-1]
        if line.startswith("answer = "):
            made = dict(names)
            exec(line, made)
            assert learn.check(key, made["answer"]).state == "right", key
        else:
            assert key in ("read-a-chart", "highest-rate"), key


@pytest.fixture(scope="module")
def n() -> SimpleNamespace:
    """What typical mistakes are made of, straight from the files."""
    clean = ROOT / "data/clean"
    crime = pd.read_parquet(clean / "crime_monthly.parquet")
    crime["month"] = crime["month"].astype(str).str[:7]
    force = pd.read_parquet(clean / "crime_force_monthly.parquet")
    by_district = pd.read_parquet(clean / "crime_district_monthly.parquet")
    districts = pd.read_csv(clean / "districts.csv").query("force == 'lancashire'")
    lsoas = pd.read_csv(clean / "lsoas.csv").query("force == 'lancashire'")
    figures = pd.read_csv(clean / "figures.csv")
    code = dict(zip(districts["name"], districts["district"], strict=True))
    asb, v = "anti-social-behaviour", SimpleNamespace()

    rows = crime[(crime["district"] == code["Burnley"]) & (crime["month"] == "2025-06")]
    v.rows, v.all, v.asb = (
        len(rows),
        rows["n"].sum(),
        rows.loc[rows["type"] == asb, "n"].sum(),
    )
    v.with_vehicle = (rows["type"] == "vehicle-crime").sum()
    v.places = (lsoas["district_name"] == "Burnley").sum()
    year = force[
        (force["force"] == "lancashire")
        & (force["month"].astype(str).str[:4] == "2020")
    ]
    v.in_2020, v.crime_2020 = year["n"].sum(), year.loc[year["type"] != asb, "n"].sum()
    v.held = year["month"].nunique()
    july = crime[(crime["force"] == "lancashire") & (crime["month"] == "2021-07")]
    crimes = july[july["type"] != asb]
    v.july, v.july_crime = july["n"].sum(), crimes["n"].sum()
    v.blank = crimes.loc[crimes["lsoa"] == "", "n"].sum()

    own = by_district[by_district["district"].isin(districts["district"])]
    own = own[own["month"].astype(str).str[:4] == "2025"]
    table = own.pivot_table(index="district", columns="type", values="n", aggfunc="sum")
    table = table.fillna(0).rename(index={c: name for name, c in code.items()})
    v.people = districts.set_index("name")["population_2021"]
    v.incidents, v.by_type = table[asb], table.drop(columns=asb)
    v.crimes = v.by_type.sum(axis=1)
    lancs = force[(force["force"] == "lancashire") & (force["type"] == "robbery")]
    v.robbery = lancs[lancs["month"].astype(str).str[:4] == "2025"]["n"].sum() / 12

    local = figures[figures["area"] == "lancashire"]
    shop = local[local["programme"] == "op_sceptre"].assign(
        wave=local["period_start"].str[:7]
    )
    shop = (
        shop[shop["qualifier"] == "exact"].groupby(["wave", "measure"])["value"].max()
    )
    for key, wave in {"a": "2023-11", "b": "2024-11", "c": "2025-05"}.items():
        pair = (shop[wave, "test_purchase_failures"], shop[wave, "test_purchases"])
        setattr(v, f"failed_{key}", pair[0])
        setattr(v, f"tested_{key}", pair[1])
    held = local[(local["programme"] == "op_warrior") & (local["measure"] == "arrests")]
    span = held[held["qualifier"] == "exact"].groupby(["period_start", "period_end"])[
        "value"
    ]
    span = span.max()
    v.fourteen, v.two_years = (
        span["2022-11-01", "2023-12-31"],
        span["2022-11-01", "2024-10-31"],
    )
    v.second, v.round = (
        span["2023-11-01", "2024-10-31"],
        span["2022-11-01", "2023-10-31"],
    )
    v.first, v.june = v.two_years - v.second, span["2023-06-01", "2023-06-30"]

    q = pd.read_parquet(clean / "crime_quarterly.parquet")
    q = q[(q["force"] == "lancashire") & (q["offence"] == "92A")].assign(
        quarter=lambda t: t["quarter"].astype(str).str[:7]
    )
    v.q = (
        q[q["quarter"].between("2023-01", "2025-10")]
        .set_index("quarter")["n"]
        .sort_index()
    )
    v.steps = np.diff(v.q.to_numpy())
    v.range = np.abs(v.steps).mean()

    wards = ["Mount", "Park", "Pharos", "Rossall", "Warren"]
    town = lsoas[(lsoas["district_name"] == "Wyre") & lsoas["ward"].isin(wards)]["lsoa"]
    behaviour = crime[(crime["force"] == "lancashire") & (crime["type"] == asb)]
    behaviour = behaviour[behaviour["lsoa"].isin(lsoas["lsoa"])]
    inside = behaviour["lsoa"].isin(town)
    held = sorted(behaviour.loc[behaviour["month"] < "2023-09", "month"].unique())
    before = behaviour["month"].isin(held[-12:])
    after = behaviour["month"].between("2025-01", "2025-12")
    late = behaviour["month"] >= "2023-09"
    v.before, v.after, v.rest_before, v.rest_after, v.all_before, v.all_after = (
        behaviour.loc[where, "n"].sum()
        for where in (
            *(before & inside, after & inside, before & ~inside, after & ~inside),
            *(~late & inside, late & inside),
        )
    )
    return v


WRONG = {
    "read-a-chart": [
        (lambda n: n.crimes.sum(), "all districts together"),
        (lambda n: n.incidents["Burnley"], "anti-social behaviour in Burnley"),
        (lambda n: n.people["Burnley"], "live in Burnley"),
        (lambda n: n.crimes["Burnley"] // 100 * 100, "rounded"),
        (lambda n: n.crimes[n.crimes > n.crimes["Burnley"]].min(), "the bar above"),
        (lambda n: n.crimes[n.crimes < n.crimes["Burnley"]].max(), "the bar below"),
        (lambda n: divmod(n.crimes["Burnley"], 1000), "comma"),
        (lambda n: f"{n.crimes['Burnley']:,.0f}", "quotation marks"),
    ],
    "start-source": [
        (lambda n: "a", "after the word Source"),
        (lambda n: "c", "below the figure"),
    ],
    "start-interval": [
        (lambda n: "a", "range over time"),
        (lambda n: "d", "Nobody was asked"),
    ],
    "start-cannot-be-told": [(lambda n: "b", "not evidence of no change")],
    "start-cause": [(lambda n: "a", "Much else changed")],
    "all-records": [
        (lambda n: n.rows, "counted the rows"),
        (lambda n: n.all - n.asb, "left out anti-social behaviour"),
    ],
    "crimes-only": [
        (lambda n: n.all, "counted anti-social behaviour as crime"),
        (lambda n: n.asb, "anti-social behaviour itself"),
    ],
    "no-vehicle-crime": [
        (lambda n: 0, "no row"),
        (lambda n: n.with_vehicle, "with vehicle crime"),
        (lambda n: n.places, "all the neighbourhoods"),
    ],
    "average-month": [
        (lambda n: n.crime_2020 / 12, "divided by twelve"),
        (lambda n: n.in_2020 / n.held, "anti-social behaviour as crime"),
    ],
    "no-location": [
        (lambda n: round(100 * n.blank / n.july, 1), "wrong denominator"),
        (lambda n: round(n.blank / n.july_crime, 2), "multiply by 100"),
        (lambda n: n.blank, "how many"),
    ],
    "row-missing": [(lambda n: "a", "absent row is a zero only")],
    "crime-rate": [
        (lambda n: 1000 * n.crimes["Burnley"] / n.people.sum(), "wrong denominator"),
        (
            lambda n: 1000 * (n.crimes + n.incidents)["Burnley"] / n.people["Burnley"],
            "anti-social behaviour as crime",
        ),
        (lambda n: n.people["Burnley"] / n.crimes["Burnley"], "Upside down"),
        (
            lambda n: 100 * n.crimes["Burnley"] / n.people["Burnley"],
            "every 100 residents",
        ),
    ],
    "highest-rate": [
        (lambda n: n.by_type["burglary"].idxmax(), "highest count"),
        (lambda n: 7, "quotation marks"),
    ],
    "county-rate": [
        (
            lambda n: round((1000 * n.crimes / n.people).mean(), 1),
            "mean of the districts' rates",
        ),
        (lambda n: (1000 * n.crimes / n.people).sum(), "added up rates"),
        (lambda n: 1000 * n.crimes / n.people, "whole table"),
    ],
    "points": [
        (
            lambda n: 100 * (n.failed_c / n.tested_c / (n.failed_b / n.tested_b) - 1),
            "In percentage points was asked",
        ),
        (lambda n: n.failed_c - n.failed_b, "counts of failures"),
        (
            lambda n: 100 * (n.failed_b / n.tested_b - n.failed_c / n.tested_c),
            "the sign is not",
        ),
    ],
    "per-month": [
        (lambda n: n.fourteen / 12, "not twelve"),
        (lambda n: n.fourteen, "whole period"),
    ],
    "share-failed": [
        (lambda n: 100 * n.failed_a / (n.tested_a - n.failed_a), "failures by passes"),
        (lambda n: 0.24, "multiply by 100"),
        (lambda n: 100 - 100 * n.failed_a / n.tested_a, "passed"),
    ],
    "upper-end": [
        (
            lambda n: (
                100
                * (
                    n.failed_a / n.tested_a
                    + 1.96
                    * np.sqrt(
                        n.failed_a
                        * (n.tested_a - n.failed_a)
                        / n.tested_a**2
                        / n.tested_a
                    )
                )
            ),
            "too narrow",
        ),
        (lambda n: 100 * n.failed_a / n.tested_a, "estimate in the middle"),
    ],
    "none-seen": [(lambda n: 0, "what was seen"), (lambda n: 3, "rule of three")],
    "give-or-take": [
        (lambda n: n.robbery**0.5, "Two are needed"),
        (lambda n: 2 * n.robbery, "forgot the square root"),
        (lambda n: n.robbery + 2 * n.robbery**0.5, "upper end"),
    ],
    "false-alarms": [
        (lambda n: 0.05 * n.by_type.shape[0], "types for each"),
        (lambda n: n.by_type.size, "number of tests"),
        (lambda n: 0, "Even when nothing has happened"),
    ],
    "how-many-outcomes": [(lambda n: 1, "An arrest is work done")],
    "two-years": [
        (lambda n: n.fourteen + n.second, "periods that overlap"),
        (lambda n: n.round + n.second, "round numbers"),
        (lambda n: n.round + n.fourteen + n.second + n.two_years, "overlap"),
    ],
    "first-year": [
        (lambda n: n.round, "rounded figure"),
        (lambda n: n.fourteen, "14 months"),
        (lambda n: n.two_years + n.second, "You added"),
    ],
    "two-months": [
        (lambda n: n.fourteen - n.round, "rounded first year"),
        (lambda n: n.fourteen * 2 / 14, "as if every month had been the same"),
        (lambda n: n.two_years - n.fourteen, "January to October"),
    ],
    "growth": [
        (lambda n: 100 * (n.second / n.fourteen - 1), "12 months with 14"),
        (lambda n: 100 * (n.second / n.round - 1), "rounded first year"),
        (lambda n: n.second - n.first, "how many more"),
        (lambda n: 100 * (n.second - n.first) / n.second, "wrong denominator"),
    ],
    "at-least": [
        (lambda n: n.two_years, "the most"),
        (lambda n: n.fourteen - n.first, "June"),
    ],
    "mean-level": [
        (lambda n: n.q.median(), "median"),
        (lambda n: n.q.sum(), "the sum"),
        (lambda n: n.q.sum() / 11, "one too few"),
    ],
    "one-range": [
        (lambda n: n.steps[0], "no sign"),
        (lambda n: n.q.iloc[1], "second quarter itself"),
    ],
    "mean-range": [
        (lambda n: n.range * 11 / 12, "one fewer"),
        (lambda n: n.steps.mean(), "kept the signs"),
        (lambda n: np.abs(n.steps).sum(), "sum of the ranges"),
    ],
    "upper-limit": [
        (lambda n: n.q.mean() - 2.66 * n.range, "lower limit"),
        (lambda n: n.q.mean() + n.range, "takes 2.66"),
        (lambda n: n.q.mean() + 3 * n.q.std(), "three standard deviations"),
        (lambda n: (n.q.mean() + n.range) * 2.66, "belongs to the range alone"),
    ],
    "how-many-signals": [
        (lambda n: (n.steps > 0).sum(), "A rise alone is not a signal")
    ],
    "noise-gap": [(lambda n: "c", "not a zero")],
    "before-after": [
        (lambda n: 100 * (n.all_after / n.all_before - 1), "all months available"),
        (lambda n: 100 * (1 - n.after / n.before), "the sign is not"),
        (
            lambda n: 100 * (n.after / n.before - 1) / (n.after / n.before),
            "wrong denominator",
        ),
        (lambda n: n.after - n.before, "how many fewer"),
    ],
    "elsewhere": [
        (
            lambda n: 100 * ((n.after + n.rest_after) / (n.before + n.rest_before) - 1),
            "left Fleetwood inside",
        )
    ],
    "expected": [
        (lambda n: n.before + n.rest_after - n.rest_before, "fall in numbers"),
        (lambda n: n.after, "what Fleetwood had"),
        (lambda n: n.before * n.rest_before / n.rest_after, "Upside down"),
    ],
    "against-the-rest": [
        (
            lambda n: 100 * (n.after / n.before - n.rest_after / n.rest_before),
            "percentage points",
        ),
        (lambda n: 100 * (n.after / n.before - 1), "simple before and after"),
    ],
    "draw-rates": [
        (lambda n: bars(n.crimes), "counts again"),
        (lambda n: 1, "A chart was asked"),
    ],
    "draw-robberies": [(lambda n: bars([1, 2, 3]), "not show the numbers")],
    "draw-years": [
        (lambda n: bars([n.fourteen, n.second]), "14 months"),
        (lambda n: bars([n.round, n.second]), "rounded figure"),
    ],
    "draw-limits": [
        (lambda n: bars(np.abs(n.steps)), "moving ranges"),
        (lambda n: bars(n.q), "line across at the mean"),
    ],
    "draw-changes": [
        (
            lambda n: bars([n.after - n.before, n.rest_after - n.rest_before]),
            "how many fewer",
        )
    ],
    "by-chance": [(lambda n: 5, "draw the line")],
    "worked-write": [(lambda n: "c", "A rise is inside")],
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_answer_is_told_which_mistake_it_was(name, n):
    mark = learn.quiz if "question" in exercises()[name] else learn.check
    for made, named in WRONG[name]:
        said = mark(name, made(n))
        assert said.state == "not quite" and re.search(named, said.text), (
            made(n),
            said,
        )


def test_a_right_answer_with_fewer_decimals_is_right_and_told_the_decimal():
    rounded = 0
    for name, one in exercises().items():
        if "answer" not in one or "question" in one or one.get("near") == 0:
            continue
        right = answer_key.value(one["answer"], answer_key.facts(one["facts"]))
        if isinstance(right, str):
            continue
        for whole in (int(np.floor(right + 0.5)), float(np.floor(right + 0.5))):
            said = learn.check(name, whole)
            assert said.state == "right", (name, right, said)
            rounded += "to one decimal it is" in said.text
        for off in (right * 1.1 + 2, right * 0.9 - 2):
            assert learn.check(name, off).state == "not quite", name
    assert rounded > 20


def test_no_answer_raises_whatever_it_is():
    fig, axes = plt.subplots(2)
    strange = [
        *(1j, "Ä", b"1", {1: 2}, {1}, [[1], [1, 2]], [], print, np.array(1.0), pd.NA),
        *(pd.NaT, pd.Timestamp("2025-01-01"), pd.DataFrame(), object, fig, axes),
        *(axes[0], axes[0].plot(pd.to_datetime(["2025-01-01", "2025-02-01"]), [1, 2])),
        *(axes[1].bar(["a"], [1]), type("Odd", (), {"axes": None})()),
    ]
    for name, one in exercises().items():
        for answer in strange:
            said = (learn.quiz if "question" in one else learn.check)(name, answer)
            assert said.state in ("not quite", "not yet"), (name, answer)


def test_ten_wrong_answers_are_tried_in_each_lesson():
    tried = pd.Series({k: len(v) for k, v in WRONG.items()})
    tried = tried.groupby([exercises()[k]["lesson"] for k in tried.index]).sum()
    assert len(tried) == 7 and tried.min() >= 10, tried.to_dict()


def test_no_listed_mistake_is_right_or_hidden_by_another():
    for name, one in exercises().items():
        if "question" in one:
            assert one["answer"] in one["choices"]
            continue
        known = answer_key.facts(one["facts"])
        answers = [answer_key.value(m["value"], known) for m in one["mistakes"]]
        if "chart" in one:
            answers = [bars(answer) for answer in answers]
        told = [learn.check(name, answer) for answer in answers]
        for mistake, said in zip(one["mistakes"], told, strict=True):
            assert said.state == "not quite", (name, mistake)
            assert said.text == learn.marking.filled(mistake["says"], known), (
                name,
                mistake,
            )


@pytest.mark.parametrize("nothing", [..., None, "", "  "])
def test_no_answer_is_not_yet(nothing):
    assert learn.check("first-year", nothing).state == "not yet"
    assert learn.quiz("overlap", nothing).state == "not yet"


def test_a_quiz_shows_its_choices_and_takes_a_letter_as_people_type_it():
    for typed in ("a", "A", " a) "):
        assert learn.quiz("overlap", typed).state == "right"
    assert "letters a, b, c" in learn.quiz("overlap", "z").text
    assert repr(learn.quiz("overlap")).count("\n") == 4


def test_hints_come_in_steps_and_unknown_names_are_answered_with_the_nearest():
    assert learn.hint("growth").text.startswith("There are 3 hints")
    steps = [learn.hint("growth", k).text for k in (1, 2, 3)]
    assert [s[:6] for s in steps] == ["1 of 3", "2 of 3", "3 of 3"] and len(
        set(steps)
    ) == 3
    assert learn.hint("growth", 4) == learn.hint("growth", "x") == learn.hint("growth")
    with pytest.raises(Invalid, match="Did you mean 'growth'"):
        learn.check("grwth", 1)
    with pytest.raises(Invalid, match="Did you mean 'overlap'"):
        learn.quiz("overlp")


def words(name: str) -> str:
    """What a lesson says in its own text."""
    cells = json.loads((ROOT / f"notebooks/learn/{name}.ipynb").read_text())["cells"]
    text = ["".join(c["source"]) for c in cells if c["cell_type"] == "markdown"]
    return "\n".join(text)


def test_the_districts_together_are_not_called_the_county(n):
    """A crime without a place counts for the county, and for none of its districts."""
    force = pd.read_parquet(ROOT / "data/clean/crime_force_monthly.parquet")
    year = force["month"].astype(str).str[:4] == "2025"
    crime = force["type"] != "anti-social-behaviour"
    county = force[(force["force"] == "lancashire") & year & crime]["n"].sum()
    assert n.crimes.sum() < county
    for name, one in exercises().items():
        for mistake in one.get("mistakes", ()):
            if one["facts"] == "districts" and "total" in mistake["value"]:
                assert "county" not in mistake["says"], name
    assert "sum of its districts" not in words("02_rates")
    assert "Crimes without a place are in none of them" in words("02_rates")


def test_arrests_are_counted_and_not_people():
    for name, one in exercises().items():
        said = [one.get("right", ""), *(m["says"] for m in one.get("mistakes", ()))]
        if one.get("facts") == "arrests":
            assert not re.search("counts? (nobody|people)", " ".join(said)), name
    assert "count people" not in words("04_overlapping_periods")


def test_the_gaps_of_the_picture_are_named_in_words():
    text = (ROOT / "notebooks/learn/01_a_row.ipynb").read_text(encoding="utf-8")
    (alt,) = re.findall('"alt": "(A grid .*)"', text)
    months = pd.read_csv(ROOT / "data/clean/coverage.csv", parse_dates=["month"])
    months = months.query("force == 'lancashire'").sort_values("month")
    gap = months["state"] == "missing"
    firsts = months.loc[gap & ~gap.shift(fill_value=False), "month"]
    assert len(firsts) > 2 and alt.count(" to ") <= len(firsts)
    for first in firsts:
        assert first.strftime("%B") in alt and str(first.year) in alt, first


def test_each_lesson_leads_to_the_next_and_only_the_last_is_called_the_last():
    for name, following in pairwise(NAMES):
        assert f"Open `{following}`" in words(name)
        assert "last lesson" not in words(name)
