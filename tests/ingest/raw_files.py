"""Raw files in small: places, changes of neighbourhoods, and rows of a street file."""

import pandas as pd

PLACES = pd.DataFrame(
    {
        "district": ["E07000128", "E07000118", "E08000010"],
        "name": ["Wyre", "Chorley", "Wigan"],
        "force": ["lancashire", "lancashire", "greater-manchester"],
        "population": [113067, 118870, 330712],
    }
)


# merged: A and B became AB; split: S became S1 (west) and S2 (east)
LINKS = pd.DataFrame(
    {
        "lsoa11": ["E01000001", "E01000002", "E01000003", "E01000004", "E01000004"],
        "lsoa21": ["E01000001", "E01000023", "E01000023", "E01000041", "E01000042"],
        "change": ["U", "M", "M", "S", "S"],
    }
)


def row(
    ident="",
    lsoa="E01000001",
    name="Wyre 001A",
    kind="Burglary",
    x=-3.0,
    month="2024-01",
):
    """One row of a street file; no location when ``lsoa`` is empty."""
    place = [f"{x:.6f}", "53.920000", "On or near High Street", lsoa, name]
    if not lsoa:
        place = ["", "", "No Location", "", ""]
    force = "Lancashire Constabulary"
    return [ident, month, force, force, *place, kind, "Under investigation", ""]
