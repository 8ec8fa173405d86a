"""Names for kinds of crime: the types of data.police.uk and groups of Home Office offence codes."""

TYPES = {
    "anti-social-behaviour": "Anti-social behaviour",
    "bicycle-theft": "Bicycle theft",
    "burglary": "Burglary",
    "criminal-damage-arson": "Criminal damage and arson",
    "drugs": "Drugs",
    "other-crime": "Other crime",
    "other-theft": "Other theft",
    "possession-of-weapons": "Possession of weapons",
    "public-order": "Public order",
    "robbery": "Robbery",
    "shoplifting": "Shoplifting",
    "theft-from-the-person": "Theft from the person",
    "vehicle-crime": "Vehicle crime",
    "violent-crime": "Violence and sexual offences",
}
"""The 14 types of data.police.uk: our short name, and theirs."""

ASB = "anti-social-behaviour"
CRIME_TYPES = [name for name in TYPES if name != ASB]
"""The 13 types that are crimes. Anti-social behaviour is counted apart, always."""

SERIOUS_ACQUISITIVE = ["burglary", "robbery", "theft-from-the-person", "vehicle-crime"]
"""Serious acquisitive crime as Clear, Hold, Build counts it."""

OUTCOMES = {
    "anti-social behaviour": [ASB],
    "serious acquisitive crime": SERIOUS_ACQUISITIVE,
    "burglary": ["burglary"],
    "robbery": ["robbery"],
    "vehicle crime": ["vehicle-crime"],
    "theft from the person": ["theft-from-the-person"],
    "drug offences": ["drugs"],
    "violence and sexual offences": ["violent-crime"],
    "shoplifting": ["shoplifting"],
    "all crime": CRIME_TYPES,
}
"""Outcomes that an evaluation may declare, in words, and the types each adds up."""

ARRESTS = ("Arrest", "Suspect arrested")
"""Outcomes of a stop and search that are an arrest; the second is the older word."""

SEARCH_OUTCOMES = (
    *ARRESTS,
    "A no further action disposal",
    "Article found - Detailed outcome unavailable",
    "Caution (simple or conditional)",
    "Community resolution",
    "Khat or Cannabis warning",
    "Local resolution",
    "Nothing found - no further action",
    "Offender cautioned",
    "Offender given drugs possession warning",
    "Offender given penalty notice",
    "Penalty Notice for Disorder",
    "Summons / charged by post",
    "Suspect summonsed to court",
    "Suspected psychoactive substances seized - No further action",
)
"""Outcomes of a stop and search that data.police.uk prints; a refresh tells of any other."""

_DOMESTIC = [
    *("28A", "28B", "28C", "28D", "29"),  # to March 2017
    *("28E", "28F", "28G", "28H", "29A"),  # April 2017 to March 2023
    *(
        "28I",
        "28J",
        "28K",
        "28L",
        "28M",
        "28N",
        "28O",
        "28P",
        "29B",
        "29C",
    ),  # from April 2023
]
_NON_DOMESTIC = ["30A", "30B", "31", "30C", "30D", "31A"]
_ROBBERY = ["34A", "34B"]
_VEHICLE = ["45", "48", "37.2", "126"]

OFFENCE_GROUPS = {
    "trafficking": ["92A"],
    "drug_possession": ["92C", "92D", "92E"],
    "cannabis_possession": ["92E"],
    "blade_or_point": ["10D"],
    "other_weapons": ["10C"],
    "firearms_possession": ["10A", "10B"],
    "weapons": ["10A", "10B", "10C", "10D", "81", "90"],
    "modern_slavery": ["106"],
    "proceeds_of_crime": ["38"],
    "robbery": _ROBBERY,
    "domestic_burglary": _DOMESTIC,
    "non_domestic_burglary": _NON_DOMESTIC,
    "burglary": [*_DOMESTIC, *_NON_DOMESTIC],
    "vehicle_crime": _VEHICLE,
    "theft_from_person": ["39"],
    "shoplifting": ["46"],
    "bicycle_theft": ["44"],
    "kidnapping": ["36"],
    "homicide": ["1", "4.1", "4.10", "4.2", "1/4.1/4.10/4.2"],
    "serious_acquisitive": [*_DOMESTIC, *_NON_DOMESTIC, *_ROBBERY, "39", *_VEHICLE],
}
"""Groups of Home Office offence codes, each with all the codes that it has had.

Codes changed, so a series by one code can end where another begins; add up a whole group:

- **Burglary.** To March 2017: dwelling 28A-28D and 29, other buildings 30A, 30B, 31. From April
  2017: residential 28E-28H and 29A, business and community 30C, 30D, 31A. Residential took in
  sheds and garages, so only ``burglary`` as a whole compares across April 2017. From April 2023
  residential is split into a home (28I-28L, 29B) and an unconnected building (28M-28P, 29C).
- **Blade or point** (10D) and other weapons (10C) are separate throughout; 90 "other knives
  offences" ended in 2020/21 and 81 "other firearms" was widened to knives and offensive weapons.
- **Modern slavery** (106) begins in 2015/16: there is no earlier count to compare with.
- **Homicide** is one combined code in 2012/13 and four codes from 2013/14.
- **Vehicle crime** is theft from and of a vehicle, aggravated taking and interference.
- **Proceeds of crime** (38) is "profiting from or concealing knowledge of the proceeds of crime".
- **Trafficking** (92A) and possession (92C-92E) follow what police look for: read them as
  police activity, never as drug use.
"""
