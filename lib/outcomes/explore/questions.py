"""What can be asked: the options of each control and, for one that cannot be asked, the reason."""

from types import SimpleNamespace

from outcomes import data
from outcomes.core import formatting
from outcomes.core.collection import collection
from outcomes.data import tables
from outcomes.explore import queries
from outcomes.explore.queries import (
    CRIME,
    RECORDED,
    STEPS,
    STREET,
    figures,
    measure,
    printed,
)

MOST = 4  # places in one chart: as many colours as can be told apart
ENOUGH = 12  # points from which a usual range is drawn
TIME, ALLOWED, USUAL = "Over time", "What the figures allow", "Usual range"
SIDE, SOURCES = "Places side by side", "Every source"
COUNTED, MONTHLY, RATE = "As counted", "A month, on average", "Per 100,000 residents"
ALONE, EARLIER, OTHERS = "Nothing", "A year earlier", "Other places"


def settle(
    wish: dict,
) -> tuple[SimpleNamespace, dict[str, list[tuple[str, object, str]]]]:
    """The question nearest to a wish, and of each control all options: label, value, reason.

    A reason of "" means that the option can be asked. Each control depends on those before it, so
    a wish that cannot be asked any more gives way to the first option that can.
    """
    asked, offered = SimpleNamespace(), {}
    for name, options in _OFFERS.items():
        offered[name] = options(asked)
        can = [value for _, value, why in offered[name] if not why]
        wished = wish.get(name)
        if name == "areas":
            kept = tuple(v for v in can if v in (wished or ()))[:MOST]
            setattr(
                asked,
                name,
                kept
                or tuple(v for v in can if v == collection.force_code)
                or (can[0],),
            )
        else:
            setattr(asked, name, wished if wished in can else can[0])
    return asked, offered


def _programmes(a) -> list:
    known = data.programmes().set_index("programme")["name"].to_dict() | CRIME
    return [(label, name, "") for name, label in known.items()]


def _measures(a) -> list:
    if a.programme in CRIME:
        names = data.OFFENCE_GROUPS if a.programme == RECORDED else data.OUTCOMES
        return [(formatting.sentence_case(n.replace("_", " ")), n, "") for n in names]
    return [
        (name, slug, "") for name, slug in queries.measures(tables.root(), a.programme)
    ]


def _areas(a) -> list:
    if a.programme in CRIME:
        known = queries.places(a.programme)[["area", "name"]]
    else:
        known = printed(a.programme, a.measure)[["area", "area_name"]].drop_duplicates()
    pairs = sorted(known.itertuples(index=False, name=None), key=lambda pair: pair[1])
    return [(name, area, "") for area, name in pairs]


def _years(a, first: str, label: str) -> list:
    if a.programme in CRIME:
        span = queries.years(tables.root(), a.programme)
    else:
        rows = printed(a.programme, a.measure)
        rows = rows[rows["area"].isin(a.areas)]
        days = rows[["period_start", "period_end"]].stack().dropna()
        span = range(days.min().year, days.max().year + 1) if len(days) else ()
    return [(label, "", "")] + [(str(y), str(y), "") for y in span if str(y) >= first]


def _charts(a) -> list:
    crime, one = a.programme in CRIME, len(a.areas) == 1
    why = dict.fromkeys((TIME, ALLOWED, USUAL, SIDE, SOURCES), "")
    alone = "" if one else "choose one place."
    if crime:
        why |= {
            ALLOWED: "these counts are complete, so nothing has to be bounded.",
            USUAL: alone,
        }
        why[SOURCES] = "all of it has one source, named under the chart."
        return [(name, name, reason) for name, reason in why.items()]
    rows, everywhere = figures(a), queries.level(a)
    dated = rows.dropna(subset=["period_start", "period_end"])
    whole = measure(a.measure)["whole"]
    why[TIME] = (
        "" if len(rows.dropna(subset=["period_end"])) else "no figure of it has a date."
    )
    why[ALLOWED] = alone or (
        "" if len(dated) else "no figure of it has both dates of its period."
    )
    why[ALLOWED] = (
        why[ALLOWED] if whole else "values of this measure do not add up to a total."
    )
    points = len(queries.regular(a)[0].dropna())
    short = (
        f"it needs {ENOUGH} separate months or quarters of one place, and has {points}."
    )
    why[USUAL] = alone or ("" if points >= ENOUGH else short)
    shared = everywhere.groupby(["period_start", "period_end"])["area"].nunique()
    why[SIDE] = (
        "" if shared.max() >= 2 else "no period has a figure of two places of one kind."
    )
    return [(name, name, reason) for name, reason in why.items()]


def _steps(a) -> list:
    why = dict.fromkeys(reversed(STEPS), "")
    if a.programme == STREET:
        gaps = "months are missing, so not every one would be whole."
        why = {step: "" if step == "month" else gaps for step in why}
    elif a.programme == RECORDED:
        why["month"] = "the Home Office counts by quarter."
    elif a.chart == ALLOWED:
        why["month"] = "published figures cover longer periods."
    else:
        own = "as printed, each figure has a period of its own."
        why = {"as published": "", **dict.fromkeys(STEPS, own)}
    return [
        (formatting.sentence_case(name), name, reason) for name, reason in why.items()
    ]


def _units(a) -> list:
    crime, why = a.programme in CRIME, dict.fromkeys((COUNTED, MONTHLY, RATE), "")
    if a.chart == SOURCES:
        why |= dict.fromkeys((MONTHLY, RATE), "sources are shown as they were printed.")
    elif crime and a.chart == SIDE:
        size = "places of different size compare by resident only."
        why |= dict.fromkeys((COUNTED, MONTHLY), size)
    elif not crime:
        known = measure(a.measure)
        places = queries.level(a)["area"].unique() if a.chart == SIDE else a.areas
        if a.chart in (USUAL, SIDE):
            why[MONTHLY] = "these periods are of one length already."
        if not known["whole"]:
            why |= dict.fromkeys(
                (MONTHLY, RATE), "this measure is no count that adds up."
            )
        elif known["stock"]:
            why[MONTHLY] = (
                "what was counted had gathered before the period, so it has no rate."
            )
        elif a.chart == ALLOWED:
            why[RATE] = "bounds are of totals, not of rates."
        elif queries.residents(places).isna().any():
            why[RATE] = "the number of residents is not held for every place."
    return [(name, name, reason) for name, reason in why.items()]


def _comparisons(a) -> list:
    why, full = dict.fromkeys((ALONE, EARLIER, OTHERS), ""), len(a.areas) >= MOST
    if a.chart != TIME:
        why |= dict.fromkeys((EARLIER, OTHERS), f"only for the chart “{TIME}”.")
    elif a.programme not in CRIME:
        why[EARLIER] = "published periods do not repeat from year to year."
        if full:
            why[OTHERS] = f"a chart shows {MOST} places at most."
        elif set(figures(a, everywhere=True)["area"]) <= set(a.areas):
            why[OTHERS] = "no other place has a figure of it in these years."
    else:
        why[EARLIER] = "" if len(a.areas) == 1 else "choose one place."
        size = "places of different size compare by resident: choose per 100,000 residents."
        why[OTHERS] = "" if a.unit == RATE else size
        why[OTHERS] = f"a chart shows {MOST} lines at most." if full else why[OTHERS]
    return [(name, name, reason) for name, reason in why.items()]


def _facts(a) -> list:
    every = [("Every figure of it", "", "")]
    if a.chart != SOURCES:
        return every
    rows = figures(a, latest=True).sort_values(
        ["area_name", "period_start"], kind="stable"
    )
    kind = queries.named(a).kind
    said = [formatting.stated(rows.iloc[[i]], kind)[0] for i in range(len(rows))]
    pairs = zip(said, rows["area_name"], rows["fact"], strict=True)
    return every + [(f"{place}: {text}", fact, "") for text, place, fact in pairs]


_OFFERS = {
    "programme": _programmes,
    "measure": _measures,
    "areas": _areas,
    "start": lambda a: _years(a, "", "the beginning"),
    "end": lambda a: _years(a, a.start, "the latest"),
    "chart": _charts,
    "by": _steps,
    "unit": _units,
    "comparison": _comparisons,
    "fact": _facts,
}
