"""The show room: words, tables, findings and figures."""

import html.parser
import json
import re
import xml.etree.ElementTree as ET
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

import outcomes as oc
from empty_figure import canvas
from outcomes import findings
from outcomes.core.errors import Invalid
from outcomes.core.mime import FINDING
from outcomes.data import disclosure
from outcomes.findings import charts, theme
from outcomes.findings.finding import finding

MONTHS = pd.date_range("2019-12-01", "2022-10-01", freq="MS").append(
    pd.date_range("2024-01-01", "2024-04-01", freq="MS")
)


def made(**extra):
    frame = pd.DataFrame({"measure": ["a", "b"], "share": [0.5, None]})
    options = {
        "table": frame,
        "caption": "Shares",
        "units": {"share": "%"},
        "sources": ["Office"],
    }
    return findings.finding("a-name", "Half of them.", **options | extra)


class _Table(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))


def test_finding_bundle_says_the_same_in_every_form():
    with theme.styled():
        figure = charts.bars(pd.DataFrame({"a": ["x"], "n": [3]}), x="n", y="a")
    one = made(
        value=0.5,
        lower=0.1,
        upper=0.9,
        verdict="estimate",
        figure=figure,
        alt="One bar.",
        headline=True,
        caveats=["Careful."],
    )
    bundle = one._repr_mimebundle_()
    assert bundle["text/plain"] == repr(one) == "Half of them.\nOne bar."
    assert 'alt="One bar."' in bundle["text/html"]
    assert "Careful." in bundle["text/html"]
    facts = json.loads(json.dumps(bundle[FINDING]))
    assert (facts["value"], facts["lower"], facts["upper"]) == (0.5, 0.1, 0.9)
    assert facts["table"]["rows"] == [["a", 0.5], ["b", None]]
    assert facts["table"]["columns"][1] == {
        "key": "share",
        "label": "share",
        "unit": "%",
    }
    ET.fromstring(bundle["image/svg+xml"])


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"verdict": "publishd"}, "Did you mean 'published'"),
        ({"direction": "less"}, "fewer, more, neither"),
        ({"sources": []}, "at least one source"),
        ({"caption": ""}, "without a caption"),
    ],
)
def test_finding_refuses_in_a_sentence(change, says):
    with pytest.raises(Invalid, match=says):
        made(**change)


def test_the_caption_is_the_last_of_its_figure_and_the_picture_has_no_spaces():
    html = made(figure=drawn(), alt="Ten points.").html()
    assert html.endswith("</figcaption></figure>")
    assert html.index("<img") < html.index("<details") < html.index("<figcaption")
    assert " " not in re.search('src="(data:[^"]*)"', html)[1]


def test_a_table_is_a_region_of_its_own_name():
    html = made(caption='Rates "per 1,000"').html()
    assert 'role=region aria-label="Table: Rates &quot;per 1,000&quot;"' in html


def test_one_caveat_may_be_given_as_a_sentence_and_never_goes_by_letters():
    assert made(caveats="Counts are small.").facts["caveats"] == ["Counts are small."]
    with pytest.raises(Invalid, match="one letter"):
        made(caveats=[*"Counts"])


def test_a_table_keeps_the_names_of_its_rows():
    """A group or a pivot of pandas has them beside its columns."""
    crimes = pd.DataFrame({"district": ["Wyre", "Wyre", "Pendle"], "n": [1, 2, 4]})
    for table in (
        crimes.groupby("district")["n"].sum(),
        crimes.pivot_table(index="district", values="n", aggfunc="sum"),
    ):
        held = made(table=table, caption="Crimes").facts["table"]
        assert held["rows"] == [["Pendle", 4], ["Wyre", 3]]
    plain = made(table=crimes, caption="Crimes").facts["table"]
    assert [column["key"] for column in plain["columns"]] == ["district", "n"]


def test_periods_days_and_bands_are_written_and_other_things_refused_by_name():
    day = pd.Timestamp("2025-04-30")
    table = pd.DataFrame(
        {
            "quarter": [day.to_period("Q")],
            "day": [day.date()],
            "band": [pd.Interval(0, 5)],
        }
    )
    found = made(table=table, caption="One row")
    assert found.facts["table"]["rows"] == [["2025Q2", "2025-04-30", "(0, 5]"]]
    assert "30 April 2025" in found.html()
    with pytest.raises(Invalid, match="of the type object"):
        made(table=pd.DataFrame({"a": [object()]}), caption="One row")


def test_a_table_without_a_row_is_left_out():
    empty = pd.DataFrame({"week": [], "arrests": []})
    made = findings.finding(
        "none", "There is none.", sources="X", table=empty, caption="Nothing"
    )
    assert made.facts["table"] is None and "<table" not in made.html()


def test_hostile_text_in_a_finding_stays_text():
    evil = '"><img src=x onerror=alert(1)><script>alert(1)</script>'
    sources = [{"publisher": evil, "url": "javascript:alert(1)"}]
    bundle = made(caption=evil, caveats=[evil], sources=sources)._repr_mimebundle_()
    tags = _Table(bundle["text/html"]).tags
    assert {t for t, _ in tags} <= set(
        [
            "figure",
            "p",
            "strong",
            "figcaption",
            "details",
            "summary",
            "div",
            "table",
            "caption",
            "thead",
            "tbody",
            "tr",
            "th",
            "td",
        ]
    )
    assert not any(k.startswith("on") for _, attrs in tags for k in attrs)


def drawn(seed=0):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"m": MONTHS, "n": rng.poisson(100, len(MONTHS))})
    with theme.styled():
        ax = charts.lines(frame, x="m", y="n")
        charts.title(ax, "Crimes")
    return ax


PLANTED = {
    "publisher": "The office",
    "title": "Returns of schools",
    "published": "unpublished",
}


def planted(**extra):
    """Three people in Wyre, and a total that would give them back."""
    frame = pd.DataFrame(
        {"place": ["Wyre", "Fylde", "Ribble", "Total"], "n": [3, 41, 17, 61]}
    )
    figure, ax = canvas()
    ax.bar(frame["place"], frame["n"])
    text = (
        "Three people in Wyre: 3 of 61, and 17 in Ribble "
        "(in 2023, on 1,317 visits, 3.5% of all)."
    )
    options = {
        "value": 3,
        "unit": "people",
        "table": frame,
        "caption": "The 3 and the others",
    }
    options |= {"figure": figure, "alt": "Bars for three places."}
    options |= {"caveats": ["Only 3."], "units": {"n": "people"}}
    return findings.finding("reached", text, **options | {"sources": [PLANTED]} | extra)


def test_an_unpublished_count_of_three_people_comes_out_nowhere():
    made = planted()
    bundle = made._repr_mimebundle_()
    facts = bundle[FINDING]
    assert facts["table"]["rows"] == [
        ["Wyre", "[c]"],
        ["Fylde", 41],
        ["Ribble", "[c]"],
        ["Total", 61],
    ]
    assert facts["value"] is None and "image/svg+xml" not in bundle
    assert made.sentence == (
        "[c] people in Wyre: [c] of 61, and [c] in Ribble (in 2023, on 1,317 visits, 3.5% of all)."
    )
    assert (
        facts["caption"] == "The [c] and the others"
        and facts["caveats"][0] == "Only [c]."
    )
    seen = re.sub("3.5%|2023|1,317", "", json.dumps(bundle))
    assert not re.search(r"\b(3|17|three)\b", seen, re.I)
    assert "withheld" in bundle["text/html"]


@pytest.mark.parametrize(
    ("extra", "value"),
    [
        ({"sources": [PLANTED | {"published": "14 June 2024"}]}, 3),
        ({"unit": "visits", "units": {"n": "visits"}}, 3),
    ],
)
def test_published_counts_and_counts_of_no_people_pass(extra, value):
    bundle = planted(**extra)._repr_mimebundle_()
    assert bundle[FINDING]["value"] == value and bundle[FINDING]["table"]["rows"][
        0
    ] == [
        "Wyre",
        3,
    ]
    assert "image/svg+xml" in bundle and "[c]" not in bundle["text/plain"]


def test_a_figure_of_a_frame_that_was_suppressed_before_stays():
    frame = pd.DataFrame({"place": ["Wyre", "Fylde"], "n": ["[c]", 41]})
    figure, ax = canvas()
    ax.bar(frame["place"], disclosure.plain(frame["n"]))
    more = {"sources": [PLANTED], "figure": figure, "alt": "Bars, one left out."}
    said = "41 people in Fylde."
    made = finding("reached", said, table=frame, caption="By place", **more)
    assert made.svg and made.facts["table"]["rows"] == [["Wyre", "[c]"], ["Fylde", 41]]


def test_a_total_across_gives_nothing_back():
    frame = pd.DataFrame(
        {"place": ["Wyre", "Fylde"], "Girls": [2, 8], "Boys": [9, 7], "Total": [11, 15]}
    )
    rows = planted(table=frame, units={})._repr_mimebundle_()[FINDING]["table"]["rows"]
    assert rows == [["Wyre", "[c]", "[c]", 11], ["Fylde", 8, 7, 15]]


def test_numbers_beside_the_table_are_stored_and_withheld_with_the_rest():
    facts = {"sources": "Home Office", "numbers": {"matched neighbourhoods": 54}}
    found = findings.finding("found", "Beside 54 matched neighbourhoods.", **facts)
    assert found.facts["numbers"] == {"matched neighbourhoods": 54}
    assert "matched neighbourhoods, 54" not in found.html()  # for files, not readers
    hidden = findings.finding(
        "found",
        "3 people, of 54.",
        value=3,
        unit="people",
        sources="Unpublished extract",
        numbers={"people of the other kind": 51},
    )
    assert "numbers" not in hidden.facts and "51" not in hidden.html()


@pytest.fixture
def chart():
    ax = plt.figure().add_subplot()
    ax.plot([1, 3, 2])
    return ax


def charted(figure, **more):
    """A finding with a figure and all its texts."""
    given = {
        "detail": "The interval is 2 to 4.",
        "alt": "A line with one peak.",
        "sources": "Office",
    }
    return finding("peak", "The peak is 3.", figure=figure, **given | more)


def test_sentence_detail_and_alt_are_a_line_each_and_in_the_facts(chart):
    found = charted(chart)
    bundle = found._repr_mimebundle_()
    assert bundle["text/plain"].splitlines() == [
        "The peak is 3.",
        "The interval is 2 to 4.",
        "A line with one peak.",
    ]
    facts = bundle[FINDING]
    assert (facts["detail"], facts["alt"]) == tuple(str(found).splitlines()[1:])
    html = bundle["text/html"]
    parts = [
        "<strong>The peak",
        '<p class="detail">The interval',
        'alt="A line',
        "Source:",
    ]
    assert sorted(map(html.index, parts)) == [html.index(part) for part in parts]
    assert html.count("<img") == 1
    plain = finding("peak", "The peak is 3.", sources="Office")
    assert str(plain) == "The peak is 3." and not {"detail", "alt"} & {*plain.facts}


def test_a_figure_is_taken_over_and_closed_and_stays_live_until_it_is_shown(chart):
    before = plt.get_fignums()
    found = charted(chart)
    assert before and plt.get_fignums() == []
    assert found.figure is chart.figure
    first = found.svg
    found.figure.axes[0].axhline(2, color="#123456")
    assert "#123456" in found.svg and "#123456" not in first
    assert "%23123456" in found.html()


def test_a_figure_is_drawn_when_it_is_shown_and_not_when_it_is_made(chart, monkeypatch):
    drawn = []
    monkeypatch.setattr(theme, "svg", lambda figure: drawn.append(figure) or "<svg/>")
    found = charted(chart)
    assert drawn == []
    found._repr_mimebundle_()
    assert drawn == [chart.figure]


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"alt": "The peak is 3. "}, "repeats its sentence as alt="),
        ({"alt": " "}, "has a figure without alt="),
        ({"figure": None}, "has alt=, and no figure"),
        ({"value": "3"}, "value is a str; it must be a number, or a result"),
    ],
)
def test_texts_and_values_that_tell_nothing_are_refused(chart, more, says):
    with pytest.raises(Invalid, match=says):
        charted(**{"figure": chart} | more)


def test_a_value_may_bring_its_limits():
    share = SimpleNamespace(estimate=0.25, lower=0.1, upper=0.5)
    told = {"sources": "Office", "verdict": "estimate"}
    for value in (share, pd.Series(vars(share))):
        facts = finding("share", "It is 25%.", value=value, **told).facts
        assert [facts[k] for k in ("value", "lower", "upper")] == [0.25, 0.1, 0.5]
    with pytest.raises(Invalid, match="lower= and upper= are too much"):
        finding("share", "It is 25%.", value=share, lower=0.1, **told)
    with pytest.raises(Invalid, match="has no limits"):
        finding("share", "It is 25%.", value=share, sources="Office")


def test_what_is_said_of_a_page_is_taken_over_where_a_finding_says_nothing():
    oc.page(area="Lancashire", period="2024", direction="fewer")
    try:
        one = finding("one", "It is 3.", sources="Office").facts
        other = finding(
            "other", "It is 3.", sources="Office", area="Wyre", period="May"
        )
        neither = finding("third", "It is 3.", sources="Office", direction="neither")
    finally:
        oc.page()
    assert [one[k] for k in ("area", "period", "direction")] == [
        *("Lancashire", "2024", "fewer")
    ]
    assert [other.facts[k] for k in ("area", "period")] == ["Wyre", "May"]
    assert neither.facts["direction"] == "neither"
    facts = finding("after", "It is 3.", sources="Office").facts
    assert [facts[k] for k in ("area", "period", "direction")] == ["", "", "neither"]
    with pytest.raises(Invalid, match="direction 'up' is not known"):
        oc.page(direction="up")


def test_detail_and_alt_are_held_to_disclosure_control_and_made_plain():
    made = planted(detail="Of the 3, 17 were near.\u202e", alt="Bars: 3 in Wyre.")
    assert made.facts["detail"] == "Of the [c], [c] were near." and made.figure is None
    assert "alt" not in made.facts and "Bars" not in json.dumps(
        made._repr_mimebundle_()
    )
    kept = planted(unit="visits", units={"n": "visits"}, alt="Bars:\n 3\u200b in Wyre.")
    assert kept.facts["alt"] == "Bars: 3 in Wyre."


def test_no_upper_limit_may_be_said_in_the_detail():
    told = {"value": 3, "lower": 2, "upper": np.inf, "verdict": "estimate"}
    found = finding(
        "x", "It is 3.", detail="There is no upper limit.", sources="A", **told
    )
    assert found.facts["caveats"] == [] and found.facts["upper"] is None
    found = finding("x", "It is 3.", sources="A", **told)
    assert found.facts["caveats"] == ["There is no upper limit."]


def test_a_name_that_each_page_needs_for_a_part_of_its_own_is_refused():
    with pytest.raises(Invalid, match="'changes' is the anchor of a part"):
        findings.finding("changes", "It moved.", sources=["Office"])


def test_a_limit_that_there_is_not_is_told_apart_from_one_that_is_not_known():
    frame = pd.DataFrame({"area": ["Wyre", "Pendle"], "most": [np.inf, np.nan]})
    rows = made(table=frame, units={}).facts["table"]["rows"]
    assert rows == [["Wyre", "no upper limit"], ["Pendle", None]]


def test_a_table_without_a_row_leaves_no_caption_of_a_file_that_is_not_there():
    facts = made(table=pd.DataFrame({"share": []})).facts
    assert facts["table"] is None and facts["caption"] == ""
