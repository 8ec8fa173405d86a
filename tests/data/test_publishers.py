"""Which publishers are one body, and which quote one another."""

import pytest

from outcomes.data.publishers import independent


@pytest.mark.parametrize(
    ("publishers", "bodies"),
    [
        (["BBC", "Blog Preston"], 2),
        (["BBC", "BBC"], 1),  # printed twice by one publisher
        (["Home Office", "LBC (Home Office data)"], 1),
        (["X (NCA data)", "Y (National Crime Agency)"], 1),
        (["X (Z)", "Y", "Y (Z)"], 1),  # joined by the third
        (["X (stored copy at y.com)", "Y (FOI to Lancashire Police)"], 2),
        ([], 0),
    ],
)
def test_only_publishers_who_do_not_quote_each_other_are_independent(
    publishers, bodies
):
    assert independent(publishers) == bodies
