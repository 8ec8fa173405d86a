"""What is local is declared in one file, and what that file lacks is said."""

import pytest

from outcomes.core.collection import Town, collection, read
from outcomes.core.errors import Invalid

NEEDED = {
    "title": "Outcomes",
    "organisation": "The office",
    "contact": "office@example.org",
    "page": "https://example.org/report",
    "force": "West Mercia",
    "constabulary": "West Mercia Police",
}


@pytest.fixture
def write(tmp_path):
    def written(text="", **keys):
        lines = [f"{k} = '{v}'\n" for k, v in (NEEDED | keys).items() if v is not None]
        file = tmp_path / "collection.toml"
        file.write_text("".join(lines) + text, encoding="utf-8")
        return file

    return written


def test_a_collection_needs_some_words_and_may_have_more(write):
    plain = read(write())
    assert plain.title == "Outcomes" and plain.force_code == "west-mercia"
    assert plain.towns == {} and plain.divisions == []
    more = read(
        write("[towns.Leyland]\ndistrict = 'South Ribble'\nwards = ['Broad Oak']\n")
    )
    assert more.towns == {"Leyland": Town("South Ribble", ["Broad Oak"])}


def test_a_contact_is_a_page_or_an_address_that_mail_goes_to(write):
    assert read(write()).contact_link == "mailto:office@example.org"
    assert read(write(contact="https://a.org/")).contact_link == "https://a.org/"


def test_an_address_is_one_that_a_path_can_follow(write):
    assert read(write(address="https://a.org/x/")).address == "https://a.org/x/"
    for wrong in ("https://a.org", "a.org/", "javascript:x/"):
        with pytest.raises(Invalid, match="address must begin with https:// and end"):
            read(write(address=wrong))


@pytest.mark.parametrize("key", NEEDED)
@pytest.mark.parametrize("given", [None, " "])
def test_a_word_that_lacks_is_named(write, key, given):
    with pytest.raises(Invalid, match=rf"^collection\.toml needs '{key}', as text\.$"):
        read(write(**{key: given}))


def test_a_misspelt_key_is_answered_with_the_nearest(write):
    with pytest.raises(Invalid, match="Did you mean 'divisions'"):
        read(write("division = ['East']\n"))


@pytest.mark.parametrize(
    "town", ["district = 'X'", "wards = []", "district = ''\nwards = []\nx = 1"]
)
def test_a_town_has_a_district_and_wards(write, town):
    with pytest.raises(
        Invalid, match="town 'Leyland' needs a district and wards, and no more"
    ):
        read(write(f"[towns.Leyland]\n{town}\n"))


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    file = tmp_path / "collection.toml"
    with pytest.raises(Invalid, match=r"collection\.toml is not there"):
        read(file)
    file.write_text("title = ")
    with pytest.raises(Invalid, match=r"collection\.toml cannot be read as TOML"):
        read(file)


def test_the_collection_of_this_project_is_read():
    assert collection.force and collection.force_code == collection.force_code.lower()
    assert collection.comparison_forces and collection.divisions
