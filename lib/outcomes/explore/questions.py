"""What can be asked: the options of each control and, for one that cannot be asked, the reason."""

from collections.abc import Callable
from typing import Any, NamedTuple

import pandas as pd

from outcomes.core import formatting
from outcomes.core.collection import collection
from outcomes.core.errors import Invalid, one_of
from outcomes.data import crime, crime_codes, published_figures, tables
from outcomes.data.doors import KINDS, Year, as_list, is_real
from outcomes.data.vocabularies import CRIME_TABLES, choices
from outcomes.explore import queries
from outcomes.explore.queries import RECORDED, STEPS, STREET, Question

MOST = 4
"""Places in one chart: as many colours as can be told apart."""
FEWEST = 3
"""Places from which one is told by where it stands among them."""
ENOUGH = 12
"""Points from which a usual range is drawn."""

TIME, ALLOWED, USUAL, SIDE, SOURCES = choices("explore_chart")
COUNTED, MONTHLY, RATE = choices("explore_unit")
ALONE, EARLIER, OTHERS = choices("explore_comparison")

LABELS = {
    "programme": "Programme",
    "measure": "Measure",
    "areas": "Places",
    "start": "From",
    "end": "To",
    "chart": "Chart",
    "by": "Period",
    "unit": "Unit",
    "comparison": "Compare",
    "fact": "Figure",
}
"""The controls, in the order in which they depend on each other, and their labels."""

_YEARS = ("start", "end")


class Option(NamedTuple):
    """One option of a control; ``reason`` says why it cannot be asked, and is "" where it can."""

    label: str
    value: Any
    reason: str = ""


def wished(given: dict[str, Any]) -> dict[str, Any]:
    """A wish as the controls hold it, from what a person gave: years as text, places as a tuple.

    Raises :class:`Invalid` for a control that is not known, a list where one name is taken, and
    what is not a year.

    >>> wished({"areas": "Preston", "start": 2020})
    {'areas': ('Preston',), 'start': '2020'}
    """
    wish = {}
    for name, value in given.items():
        one_of(name, LABELS, "control")
        if name == "areas":
            value = tuple(as_list(value))
        elif pd.api.types.is_list_like(value):
            raise Invalid(f"{LABELS[name]} takes one, not a list.")
        elif name in _YEARS and value != "":
            value = f"{value:.0f}" if is_real(value) and value % 1 == 0 else value
            if not KINDS[Year].fits(value):
                raise Invalid(f"{LABELS[name]} {value!r} is not {KINDS[Year].words}.")
        wish[name] = value
    return wish


def refuse_unknown(wish: dict[str, Any], options: dict[str, list[Option]]) -> None:
    """Refuse what is no option of its control anywhere, with the nearest that is; "" is no wish.

    What is known but cannot be asked here is let pass: in the controls it gives way.
    """
    for name in (name for name in LABELS if name in wish and name not in _YEARS):
        known = [option.value for option in options[name] if option.value]
        for one in wish[name] if name == "areas" else [wish[name]]:
            if one not in ("", *known):
                everywhere = dict.fromkeys([*known, *_anywhere(name)])
                one_of(one, everywhere, LABELS[name])


def _anywhere(name: str) -> list[str]:
    """What can be an option of a control in some question, whatever the day of the page."""
    if name == "fact":
        return tables.distinct("figures", "fact")
    name = {"areas": "place", "by": "period"}.get(name, name)
    with tables.whole(), tables.unnoted():
        return choices(f"explore_{name}")


def exactly(wish: dict[str, Any]) -> Question:
    """The question that a wish is, whole: nothing gives way.

    Raises :class:`Invalid` for what cannot be asked, with the reason that stands under its control.

    >>> exactly({"programme": "street_crime", "by": "quarter"})
    Traceback (most recent call last):
    outcomes.core.errors.Invalid: Period 'quarter' cannot be asked here: months are missing, so \
not every one would be whole.
    """
    question, options = settle(wish)
    for name, value in wish.items():
        label, known = LABELS[name], {o.value: o.reason for o in options[name]}
        for one in value if name == "areas" else [value]:
            one_of(one, filter(None, known), label, most=len(known))
            if known[one]:
                raise Invalid(f"{label} {one!r} cannot be asked here: {known[one]}")
        if name == "areas" and len(value) > MOST:
            raise Invalid(f"A chart shows {MOST} places at most, not {len(value)}.")
    return question


class Settled(NamedTuple):
    """A question that can be asked, and all options of each control beside it."""

    question: Question
    options: dict[str, list[Option]]


def settle(wish: dict[str, Any]) -> Settled:
    """The question nearest to a wish, and the options of every control.

    ``wish`` holds values of controls by name (the fields of
    :class:`outcomes.explore.queries.Question`). Each control depends on those before it, so a wish
    that cannot be asked gives way to the first option that can. Raises :class:`NotEnough` where
    nothing of the programme had been published by the day of the page.

    >>> settle({"programme": "op_warrior", "measure": "arrests"}).question.areas
    ('Lancashire',)
    """
    question, options = Question(), {}
    for name, offer in _OFFERS.items():
        options[name] = offer(question)
        can = [option.value for option in options[name] if not option.reason]
        if not can:
            raise queries.nothing_held(question.programme)
        wished = wish.get(name)
        if name == "areas":
            chosen = tuple(area for area in dict.fromkeys(wished or ()) if area in can)
            chosen = chosen[:MOST]
            if question.programme == STREET:  # the county leads only where it is alone
                chosen = tuple(sorted(chosen, key=lambda a: a == collection.force))
            home = collection.force if collection.force in can else can[0]
            value = chosen or (home,)
        else:
            value = wished if wished in can else can[0]
        setattr(question, name, value)
    return Settled(question, options)


def _programmes(question: Question) -> list[Option]:
    known = published_figures.programmes().set_index("programme")["name"].to_dict()
    return [Option(label, name) for name, label in (known | CRIME_TABLES).items()]


def _measures(question: Question) -> list[Option]:
    """Kinds of crime, or measures of a programme with the most published first."""
    if question.about_crime:
        kinds = {RECORDED: crime_codes.OFFENCE_GROUPS, STREET: crime.OUTCOMES}
        names = {kind: kind.replace("_", " ") for kind in kinds[question.programme]}
    else:
        rows = queries.published(tables.state(), question.programme)
        used = rows["measure"].value_counts().index
        names = queries.measures(tables.state())["name"].reindex(used).to_dict()
    return [
        Option(formatting.sentence_case(name), value) for value, name in names.items()
    ]


def _areas(question: Question) -> list[Option]:
    if question.about_crime:
        rows = queries.crime_places(tables.state(), question.programme)
    else:
        rows = queries.published(tables.state(), question.programme, question.measure)
    return [Option(name, name) for name in sorted(rows["area"].unique())]


def _years(question: Question, label: str) -> list[Option]:
    """The years that are held, from the year that the question starts in."""
    if question.about_crime:
        years = queries.crime_years(tables.state(), question.programme)
    else:
        rows = queries.figures(question)
        days = rows[["period_start", "period_end"]].stack().dropna()
        years = range(days.min().year, days.max().year + 1) if len(days) else range(0)
    kept = [str(year) for year in years if str(year) >= question.start]
    return [Option(label, ""), *(Option(year, year) for year in kept)]


def _refusable(reasons: dict[str, str]) -> list[Option]:
    """Options that are named by their value, each with the reason against it."""
    return [
        Option(formatting.sentence_case(value), value, reason)
        for value, reason in reasons.items()
    ]


def _charts(question: Question) -> list[Option]:
    alone = "" if len(question.areas) == 1 else "choose one place."
    reasons: dict[str, str] = dict.fromkeys((TIME, ALLOWED, USUAL, SIDE, SOURCES), "")
    if question.about_crime:
        reasons[ALLOWED] = "these counts are complete, so nothing has to be bounded."
        reasons[USUAL] = alone
        if len(queries.crime_places_of_level(question)) < FEWEST:
            reasons[SIDE] = "no other places of its kind are counted."
        reasons[SOURCES] = "all of it has one source, named under the chart."
        return _refusable(reasons)
    rows = queries.figures(question)
    if rows["period_end"].isna().all():
        reasons[TIME] = "no figure of it has a date."
    if not queries.measures(tables.state())["whole"][question.measure]:
        reasons[ALLOWED] = "values of this measure do not add up to a total."
    elif alone:
        reasons[ALLOWED] = alone
    elif rows.dropna(subset=["period_start", "period_end"]).empty:
        reasons[ALLOWED] = "no figure of it has both dates of its period."
    points = queries.regular_series(question).count()
    if points < ENOUGH:
        reasons[USUAL] = (
            f"it needs {ENOUGH} separate months or quarters of one place, and has "
            f"{points}."
        )
    reasons[USUAL] = alone or reasons[USUAL]
    same_period = queries.figures_of_level(question).groupby(
        ["period_start", "period_end"]
    )
    if not same_period["area"].nunique().max() >= 2:
        reasons[SIDE] = "no period has a figure of two places of one kind."
    return _refusable(reasons)


def _periods(question: Question) -> list[Option]:
    reasons: dict[str, str] = dict.fromkeys(reversed(STEPS), "")
    if question.programme == STREET:
        gaps = "months are missing, so not every one would be whole."
        reasons = {step: "" if step == "month" else gaps for step in reasons}
    elif question.programme == RECORDED:
        reasons["month"] = "the Home Office counts by quarter."
    elif question.chart == ALLOWED:
        reasons["month"] = "published figures cover longer periods."
    else:
        own = "as published, each figure has a period of its own."
        reasons = {"as published": "", **dict.fromkeys(STEPS, own)}
    return _refusable(reasons)


def _units(question: Question) -> list[Option]:
    reasons: dict[str, str] = dict.fromkeys((COUNTED, MONTHLY, RATE), "")
    if question.chart == SOURCES:
        as_published = "sources are shown as they were published."
        reasons |= dict.fromkeys((MONTHLY, RATE), as_published)
    elif not question.about_crime:
        reasons |= _against_units(question)
    elif question.chart == SIDE:
        size = "places of different size compare by resident only."
        reasons |= dict.fromkeys((COUNTED, MONTHLY), size)
    return _refusable(reasons)


def _against_units(question: Question) -> dict[str, str]:
    """Why a published measure has no value a month, or for each resident."""
    measure = queries.measures(tables.state()).loc[question.measure]
    if not measure["whole"]:
        return dict.fromkeys((MONTHLY, RATE), "this measure is no count that adds up.")
    reasons, areas = {}, list(question.areas)
    if question.chart == SIDE:
        areas = queries.figures_of_level(question)["area"].unique()
    if question.chart in (USUAL, SIDE):
        reasons[MONTHLY] = "these periods are of one length already."
    if measure["stock"]:
        reasons[MONTHLY] = (
            "what was counted had gathered before the period, so it has no rate."
        )
    if question.chart == ALLOWED:
        reasons[RATE] = "bounds are of totals, not of rates."
    elif queries.residents(areas).isna().any():
        reasons[RATE] = "the number of residents is not held for every place."
    return reasons


def _comparisons(question: Question) -> list[Option]:
    reasons: dict[str, str] = dict.fromkeys((ALONE, EARLIER, OTHERS), "")
    if question.chart != TIME:
        elsewhere = f"only for the chart “{TIME}”."
        return _refusable(reasons | dict.fromkeys((EARLIER, OTHERS), elsewhere))
    if not question.about_crime:
        reasons[EARLIER] = "published periods do not repeat from year to year."
        everywhere = set(queries.figures(question, everywhere=True)["area"])
        if everywhere <= set(question.areas):
            reasons[OTHERS] = "no other place has a figure of it in these years."
    else:
        if len(question.areas) > 1:
            reasons[EARLIER] = "choose one place."
        if question.unit != RATE:
            reasons[OTHERS] = (
                "places of different size compare by resident: choose per 100,000 "
                "residents."
            )
        elif set(queries.crime_places_of_level(question)) <= set(question.areas):
            reasons[OTHERS] = "no other place of its kind is counted."
    if len(question.areas) >= MOST:
        reasons[OTHERS] = f"a chart shows {MOST} places at most."
    return _refusable(reasons)


def _facts(question: Question) -> list[Option]:
    options = [Option("Every figure of it", "")]
    if question.chart != SOURCES:
        return options
    rows = queries.figures(question, latest=True)
    rows = rows.sort_values(["area", "period_start"], kind="stable")
    kind = queries.subject(question).kind
    for at, (place, fact) in enumerate(zip(rows["area"], rows["fact"], strict=True)):
        (stated,) = formatting.stated(rows.iloc[[at]], kind)
        options.append(Option(f"{place}: {stated}", fact))
    return options


_OFFERS: dict[str, Callable[[Question], list[Option]]] = {
    "programme": _programmes,
    "measure": _measures,
    "areas": _areas,
    "start": lambda question: _years(question, "the beginning"),
    "end": lambda question: _years(question, "the latest"),
    "chart": _charts,
    "by": _periods,
    "unit": _units,
    "comparison": _comparisons,
    "fact": _facts,
}
