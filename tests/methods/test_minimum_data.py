"""What must be there before a method is used."""

import pytest

from outcomes.core.errors import NotEnough
from outcomes.methods import minimum_data


def test_a_count_short_of_twenty_is_not_printed_as_twenty():
    with pytest.raises(NotEnough, match=r"19\.9 before the start, where at least 20"):
        minimum_data.require_counts({"before the start": 19.96})
    with pytest.raises(NotEnough, match="18 before the start"):
        minimum_data.require_counts({"before the start": 18.4})
