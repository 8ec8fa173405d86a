"""60 publishers, each killed at another moment between its start and the end of its pages."""

import random
import sys

import pytest

from killed_builds import kill_at

DRAW = random.Random(18)


@pytest.mark.skipif(sys.platform != "linux", reason="kernels have keepers on Linux")
@pytest.mark.parametrize("moment", [DRAW.uniform(0, 8) for _ in range(60)])
def test_a_publisher_killed_at_any_moment_leaves_no_process(tmp_path, moment):
    assert kill_at(tmp_path, moment) == []
