"""Hand-made published figures, for the tests of what is reconciled."""

import pandas as pd


def figures(*rows, **extra):
    names = ["figure", "value", "qualifier", "period_start", "period_end", "unit"]
    frame = pd.DataFrame([(*r, "count")[:6] for r in rows], columns=names)
    return frame.assign(
        period_start=pd.to_datetime(frame["period_start"]),
        period_end=pd.to_datetime(frame["period_end"]),
        **extra,
    )


def row(
    figure,
    value,
    start,
    end,
    *,
    qualifier="exact",
    measure="arrests",
    note="",
    copy_of="",
):
    return {
        "figure": figure,
        "programme": "op_warrior",
        "measure": measure,
        "area": "lancashire",
        "area_name": "Lancashire",
        "value": float(value),
        "unit": "count",
        "qualifier": qualifier,
        "period_start": pd.Timestamp(start),
        "period_end": pd.Timestamp(end),
        "note": note,
        "copy_of": copy_of,
        "publisher": f"Publisher {figure}",
        "title": figure,
        "period_state": "stated",
        "fact": f"{measure} {start} {end}",
    }
