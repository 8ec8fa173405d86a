"""Sources of a finding: each cited once, with its date."""

import pandas as pd

from outcomes.findings.citations import cite


def test_sources_of_a_figures_frame_are_cited_once_with_their_date():
    frame = pd.DataFrame(
        {
            "source": ["s1", "s1", "s2"],
            "publisher": ["P", "P", "Q"],
            "title": ["T", "T", None],
            "url": ["https://x.example/a", "https://x.example/a", ""],
            "published": pd.to_datetime(["2024-11-29", "2024-11-29", None]),
        }
    )
    assert [c["publisher"] for c in cite(frame)] == ["P", "Q"]
    assert cite(frame)[0]["published"] == "29 November 2024"
    assert cite(frame)[1]["title"] == ""
