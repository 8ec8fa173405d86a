"""Names for kinds of crime: the types of data.police.uk and groups of Home Office codes."""

import outcomes as oc
from outcomes.data import crime_codes


def test_every_group_of_codes_exists_and_burglary_has_no_break():
    known = oc.offences().set_index("offence")
    for name, codes in oc.OFFENCE_GROUPS.items():
        assert len(set(codes)) == len(codes) and set(codes) <= set(known.index), name
    recorded = known[known["group"] == "Theft offences"]
    burglary = recorded[recorded["name"].str.contains("burglary", case=False)]
    assert set(burglary.index) == set(oc.OFFENCE_GROUPS["burglary"])
    frame = oc.recorded_crime("burglary", force="Lancashire")
    assert frame["n"].gt(1000).sum() == 55
    weapons = known[known["group"] == "Possession of weapons offences"]
    assert set(oc.OFFENCE_GROUPS["weapons"]) == set(weapons.index)


def test_asb_is_never_among_the_crimes():
    assert len(oc.CRIME_TYPES) == 13 and oc.ASB not in oc.CRIME_TYPES
    assert set(crime_codes.SERIOUS_ACQUISITIVE) < set(crime_codes.CRIME_TYPES)
    assert set(oc.OUTCOMES["all crime"]) == set(oc.CRIME_TYPES)
