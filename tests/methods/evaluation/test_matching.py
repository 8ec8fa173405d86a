"""Who is compared with whom, by hand: features, order of choice, balance, clusters and rings."""

import numpy as np
import pandas as pd
import pytest

import outcomes as oc
import small_panels
from outcomes.core.errors import Invalid, NotEnough
from outcomes.methods.evaluation import matching

START = "2022-01-01"


def flat(units, rest=1.0):
    """Three years in which all places have the same count every month."""
    months = pd.date_range("2020-01-01", periods=36, freq="MS")
    return pd.DataFrame(rest, months, list(units))


def score(**values):
    return pd.DataFrame({"score": pd.Series(values, dtype=float)})


def test_the_place_that_is_hardest_to_match_chooses_first():
    """``c`` is nearest to both; ``a`` is the farther from it, so it goes first."""
    known = score(a=0, b=4, c=3, d=-6, e=9, f=40)
    got = matching.match_units(
        flat("abcdef"), ["b", "a"], START, covariates=known, ratio=1
    )
    spread = known["score"].std()
    expected = {("a", "c"): 3 / spread, ("b", "e"): 5 / spread}
    pairs = got.pairs.set_index(["treated", "match"])["distance"]
    assert pairs.to_dict() == pytest.approx(expected) and got.units == ["c", "e"]
    rest = flat("abcdef").drop(columns="f")
    twice = matching.match_sets(
        rest, [["b"], ["b", "a"]], START, covariates=known, ratio=1
    )
    assert twice == [["c"], ["c", "e"]]


def test_a_place_is_matched_once_in_each_round():
    known = score(a=0, b=10, c=1, d=2, e=11, f=12)
    got = matching.match_units(
        flat("abcdef"), ["a", "b"], START, covariates=known, ratio=2
    )
    found = got.pairs.groupby("treated")["match"].apply(list).to_dict()
    assert found == {"a": ["c", "d"], "b": ["e", "f"]} and got.units == list("cdef")


@pytest.mark.parametrize("people", [None, 200])
def test_level_trend_and_balance_by_hand(people):
    """23 months before: eleven in the first half and twelve in the second."""
    frame = flat("abcd")[1:]
    frame.iloc[11:, 0], frame.iloc[:, 1], frame.iloc[:11, 2] = 4, 3, 2
    known = people and pd.Series(people, list("abcd")) * [1, 2, 3, 4]
    got = matching.match_units(
        frame, "a", START, population=known, ratio=2, minimum=(23, 12)
    )
    first, second = np.array([11, 33, 22, 11]), np.array([48, 36, 12, 12])
    size = 1 if people is None else known.to_numpy()
    level = np.log((first + second + 0.5) / 23 / size)
    trend = np.log((second + 0.5) / 12) - np.log((first + 0.5) / 11)
    rows = got.balance.set_index("feature")
    assert rows.index.tolist() == ["level", "trend"]
    matched = ["abcd".index(u) for u in got.units]
    for name, x in (("level", level), ("trend", trend)):
        found = rows.loc[
            name, ["treated", "pool", "matched", "smd_before", "smd_after"]
        ]
        pool, chosen, spread = x[1:].mean(), x[matched].mean(), x.std(ddof=1)
        gaps = [(x[0] - pool) / spread, (x[0] - chosen) / spread]
        assert found.tolist() == pytest.approx([x[0], pool, chosen, *gaps])
        assert rows.loc[name, "balanced"] == (abs(gaps[1]) < 0.25)
    assert not got.balanced


def test_places_alike_in_everything_are_balanced():
    got = matching.match_units(flat("abcde"), "a", START)
    assert got.balanced and got.balance[["smd_before", "smd_after"]].eq(0).all(
        axis=None
    )
    assert got.units == ["b", "c", "d"]  # of those equally near the first
    assert matching.match_sets(flat("abcde"), [["c"]], START, ratio=2) == [["a", "b"]]


def test_places_without_a_value_are_not_compared_with():
    known = score(a=0, b=np.nan, c=3, d=4)
    got = matching.match_units(flat("abcde"), "a", START, covariates=known, ratio=2)
    assert got.units == ["c", "d"]
    sets = matching.match_sets(flat("abcde"), [["a"]], START, covariates=known, ratio=2)
    assert sets == [["c", "d"]]


SPOTS = pd.DataFrame(
    {"longitude": [0.0, 0, 0, 0, 0], "latitude": [54.5, 54.0, 54.1, 54.28, 54.9]},
    list("cabde"),
)


def test_clusters_follow_the_order_of_places_and_a_limit_spreads_through_them():
    """By the distance north: ``a`` 54.0, ``b`` 54.1, ``d`` 54.28, ``c`` 54.5, ``e`` 54.9."""
    every = matching.contiguous_clusters(SPOTS, 2)
    assert every == [["c", "d"], ["a", "b"], ["b", "d"], ["c", "e"]]
    assert matching.contiguous_clusters(SPOTS, 2, limit=4) == every
    assert matching.contiguous_clusters(SPOTS, 2, limit=2) == [every[0], every[3]]
    assert matching.contiguous_clusters(SPOTS, 2, limit=3) == [
        every[0],
        every[2],
        every[3],
    ]
    assert matching.contiguous_clusters(SPOTS, 1, limit=1) == [["c"]]


@pytest.mark.parametrize(("km", "near"), [(11, []), (12, ["b"]), (34, ["b", "d"])])
def test_a_ring_holds_what_is_within_so_many_kilometres(km, near):
    assert matching.ring(SPOTS, ["a"], km=km) == near
    assert matching.ring(SPOTS, ["a", "e"], km=45) == ["b", "c", "d"]


@pytest.mark.parametrize(
    ("call", "error", "sentence"),
    [
        (
            lambda: matching.match_units(
                flat("abcde"), ["b", "a"], START, covariates=score(c=1, d=2), ratio=1
            ),
            Invalid,
            "The treated unit 'a' lacks a value.",
        ),
        (
            lambda: matching.match_units(flat("abcde"), ["b", "a"], START, ratio=2),
            NotEnough,
            "There are 3 units to match 2 treated ones with 2 each.",
        ),
        (
            lambda: matching.contiguous_clusters(SPOTS, 5),
            NotEnough,
            "Clusters of 5 need more than 5 places; there are 5.",
        ),
        (
            lambda: matching.ring(SPOTS, ["z"], km=9),
            Invalid,
            "None of the treated places has a position.",
        ),
    ],
)
def test_what_cannot_be_matched_is_refused_in_these_words(call, error, sentence):
    with pytest.raises(error) as caught:
        call()
    assert str(caught.value) == sentence


def places(n=60):
    rng = np.random.default_rng(5)
    return pd.DataFrame(
        {
            "longitude": rng.uniform(-3.1, -2.2, n),
            "latitude": rng.uniform(53.5, 54.1, n),
        },
        index=[f"u{k}" for k in range(n)],
    )


def test_matching_takes_the_nearest_and_shows_the_balance():
    frame = small_panels.panel(units=60, treated=("u0",))
    score = pd.DataFrame({"imd": np.linspace(0, 50, 60)}, index=frame.columns)
    got = matching.match_units(
        frame, ["u0", "u1"], small_panels.START, covariates=score, ratio=4
    )
    assert len(got.units) == len(set(got.units)) == 8 and not {"u0", "u1"} & set(
        got.units
    )
    after, before = got.balance["smd_after"].abs(), got.balance["smd_before"].abs()
    assert after.mean() < before.mean() and set(got.balance["feature"]) == {
        "level",
        "trend",
        "imd",
    }


def test_one_treated_unit_gets_its_true_nearest_neighbours():
    """Second route: rank all units by distance in standard deviations."""
    frame = small_panels.panel(units=40)
    got = matching.match_units(frame, ["u0"], small_panels.START, ratio=5)
    early = frame[frame.index < small_panels.START]
    level = np.log((early.sum() + 0.5) / 36)
    trend = np.log(early[18:].sum() + 0.5) - np.log(early[:18].sum() + 0.5)
    f = pd.DataFrame({"level": level, "trend": trend})
    far = (((f - f.loc["u0"]) / f.std(ddof=1)) ** 2).sum(axis=1).drop("u0")
    assert got.pairs["match"].tolist() == far.nsmallest(5).index.tolist()


def test_matching_looks_only_at_the_time_before():
    frame = small_panels.panel(units=40)
    late = frame.copy()
    late.loc[late.index >= small_panels.START, "u5"] *= 9
    assert matching.match_units(frame, ["u0"], small_panels.START).units == (
        matching.match_units(late, ["u0"], small_panels.START).units
    )


def test_clusters_are_each_place_with_its_nearest():
    where = places()
    sets = matching.contiguous_clusters(where, 6)
    assert all(len(s) == len(set(s)) == 6 for s in sets)
    assert len({tuple(s) for s in sets}) == len(sets)
    far = matching.distances(where, where)
    assert sets[0] == sorted(where.index[np.argsort(far[0])][:6])
    assert len(matching.contiguous_clusters(where, 6, limit=10)) == 10
    with pytest.raises(NotEnough):
        matching.contiguous_clusters(where, 60)


def test_distances_and_rings_in_kilometres():
    """Preston to Fleetwood is 27 km by any map; a degree of latitude is 111.2 km."""
    spots = pd.DataFrame(
        {"longitude": [-2.703, -3.015, -2.703], "latitude": [53.763, 53.922, 54.763]},
        index=["preston", "fleetwood", "north"],
    )
    far = matching.distances(spots, spots)
    assert far[0, 1] == pytest.approx(27.1, abs=0.5) and far[0, 2] == pytest.approx(
        111.19, abs=0.02
    )
    assert matching.ring(spots, ["preston"], km=30) == ["fleetwood"]


def test_distance_is_in_kilometres():
    tower = pd.DataFrame({"longitude": [-3.0553], "latitude": [53.8160]})  # Blackpool
    minster = pd.DataFrame({"longitude": [-2.6963], "latitude": [53.7586]})  # Preston
    apart = matching.distances(tower, minster)
    assert apart.shape == (1, 1)
    flat = np.hypot(
        (3.0553 - 2.6963) * 111.32 * np.cos(np.radians(53.787)), 0.0574 * 111.2
    )
    assert apart[0, 0] == pytest.approx(flat, rel=2e-3)


def one_after_another(features, inside, ratio):
    """The rule of matching, a step at a time: who is chosen for the units at ``inside``."""
    scaled = (features / features.std(ddof=1).replace(0, 1)).to_numpy()
    far = np.sqrt(sum((x[:, None] - x[None]) ** 2 for x in scaled.T))
    taken, pairs = set(inside), []

    def nearest(unit):
        free = [k for k in range(len(far)) if k not in taken]
        return min(free, key=lambda k: (far[unit, k], k))

    for _ in range(ratio):
        for unit in sorted(inside, key=lambda u: -far[u, nearest(u)]):
            pairs.append((unit, nearest(unit)))
            taken.add(pairs[-1][1])
    return pairs


@pytest.mark.parametrize("seed", range(8))
def test_sets_that_choose_at_once_choose_as_one_after_another_would(seed):
    """Sets of several sizes; in every other try many units are equally near."""
    rng = np.random.default_rng(seed)
    units = [f"u{k:02d}" for k in range(60)]
    panel = flat(units).mul(rng.integers(1, 5, len(units)))
    score = rng.normal(size=len(units)).round(0 if seed % 2 else 9)
    known = pd.DataFrame({"score": score}, units)
    ratio = int(rng.integers(1, 4))
    sets = [
        rng.choice(units, size, replace=False).tolist()
        for size in rng.integers(1, 8, 40)
    ]
    options = {"covariates": known, "ratio": ratio}
    found = matching.match_sets(panel, sets, START, **options)
    early = panel[panel.index < START]
    features = pd.DataFrame({"level": np.log((early.sum() + 0.5) / len(early))})
    features["trend"] = 0.0
    features = features.join(known)
    for members, chosen in zip(sets, found, strict=True):
        pairs = one_after_another(features, [units.index(u) for u in members], ratio)
        assert chosen == [units[k] for _, k in pairs]
        if seed % 2:
            continue
        first = features.loc[[*members, *(u for u in units if u not in members)]]
        pairs = one_after_another(first, list(range(len(members))), ratio)
        one = matching.match_units(panel, members, START, **options).pairs
        assert one["match"].tolist() == [first.index[k] for _, k in pairs]


def test_placebo_areas_of_the_county_choose_as_one_after_another_would():
    panel = oc.crime_panels("burglary", force="lancashire")["burglary"].dropna()
    places = oc.neighbourhoods(force="lancashire").set_index("lsoa")
    panel = panel[[unit for unit in panel if unit in places.index]]
    sets = matching.contiguous_clusters(places.loc[panel.columns], 12, limit=25)
    start = "2023-09-01"
    found = matching.match_sets(panel, sets, start, population=places["population"])
    early = panel[panel.index < start]
    features = matching.alike(early, population=places["population"])
    units = features.index.tolist()
    for members, chosen in zip(sets, found, strict=True):
        pairs = one_after_another(features, [units.index(u) for u in members], 3)
        assert chosen == [units[k] for _, k in pairs]
