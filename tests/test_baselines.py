"""Every finding of every page of the plan, held to what is stored of it in ``tests/baselines``."""

import copy

import pytest

import baselines_tool as baselines
from outcomes.publish import plan

HANDLES = [page.handle for page in plan.read(baselines.ROOT / "reports.toml").pages]


@pytest.fixture(scope="module")
def found(release) -> dict[str, dict]:
    return baselines.pages(release)


@pytest.mark.build
@pytest.mark.parametrize("handle", HANDLES)
def test_every_finding_of_the_page_is_as_it_is_stored(found, handle):
    moved = baselines.differences(handle, baselines.stored(handle), found[handle])
    lines = ["", *map(str, moved), "", *baselines.summary(moved)]
    assert not moved, "\n".join(
        [*lines, "", "Meant so? `make baselines`, and say it in CHANGELOG.md."]
    )


def test_every_page_of_the_plan_has_its_baseline_and_no_other_has():
    kept = {path.name for path in baselines.FOLDER.glob("*.toml")}
    assert kept == {baselines.path_of(handle).name for handle in HANDLES}


@pytest.mark.build
def test_a_baseline_is_read_as_it_was_written(found):
    import tomllib

    for handle, page in found.items():
        assert tomllib.loads(baselines.written(page)) == page, handle


def _changed(page: dict, name: str, **facts) -> dict:
    other = copy.deepcopy(page)
    other["findings"][name] |= facts
    return other


def test_a_change_is_told_in_words():
    page = baselines.stored("modern-slavery--children".replace("--", "/"))
    name = next(
        n for n, f in page["findings"].items() if f.get("value") and f.get("figure")
    )
    facts = page["findings"][name]
    was = facts["value"]
    for change, words in {
        ("value", was + 1): f"{was:,} became {was + 1:,} {facts['unit']}",
        ("verdict", "confirmed"): f"verdict: {facts['verdict']!r} became 'confirmed'",
        ("figure", "0" * 16): "its figure is drawn otherwise",
        ("sentence", "Nothing."): f"sentence: {facts['sentence']!r} became 'Nothing.'",
    }.items():
        moved = baselines.differences(
            "modern-slavery/children", page, _changed(page, name, **dict([change]))
        )
        (move,) = moved
        assert str(move) == f"modern-slavery/children, {name}: {words}."
        assert move.of_words == (change[0] == "sentence")
    less = copy.deepcopy(page)
    del less["findings"][name]
    assert [str(m) for m in baselines.differences("p", page, less)] == [
        f"p, {name}: is no longer on the page."
    ]
    assert [str(m) for m in baselines.differences("p", less, page)] == [
        f"p, {name}: a finding that no baseline holds."
    ]


def test_whether_only_words_moved_is_said():
    page = baselines.stored("modern-slavery/children")
    name = next(n for n, f in page["findings"].items() if f.get("value"))
    said = _changed(page, name, sentence="Another.", detail="So.", alt="A line.")
    moves = baselines.differences("p", page, said)
    assert baselines.summary(moves) == [
        "Only words moved: 1 of sentence, 1 of detail, 1 of alt."
    ]
    moves += baselines.differences("p", page, _changed(page, name, verdict="tested"))
    lines = baselines.summary(moves)
    assert lines[:3] == [
        "Words moved: 1 of sentence, 1 of detail, 1 of alt.",
        "NOT ONLY WORDS MOVED:",
        "  1 of verdict",
    ]
    assert len(lines) == 4 and f"p, {name}: verdict:" in lines[3]
    assert baselines.summary([]) == ["Nothing moved."]
