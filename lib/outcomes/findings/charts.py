"""The statistical charts: process behaviour, funnel, event time, and gaps against placebos.

They follow the conventions of :mod:`outcomes.findings.plots`.
"""

from outcomes.findings.axes import (
    HANGING,
    across,
    drawn,
    note,
    picked,
    time_frame,
    unbroken,
    upright,
)
from outcomes.findings.theme import GREY, NAVY, PALE, SIGNAL

_DASHED, _DOTTED = (0, (6, 2)), (0, (2, 2))


@drawn(3.4)
def xmr(frame, *, ax, kind="number", ylabel="", events=None) -> None:
    """A process behaviour chart: the frame of :func:`outcomes.methods.spc.xmr`, signals ringed."""
    x, value, mean, lower, upper = "period", "value", "mean", "lower", "upper"
    for part in unbroken(frame, x, value):
        ax.plot(part[x], part[value], "-o", color=NAVY, linewidth=1.2, markersize=3)
        level = part.dropna(
            subset=[mean]
        )  # the points before a usual range begins have none
        level = level if level[mean].nunique() != 1 else level.iloc[[0, -1]]
        ax.plot(level[x], level[mean], color=GREY, linewidth=1)
        for edge in (lower, upper):
            ax.plot(level[x], level[edge], color=GREY, linewidth=1, linestyle=_DASHED)
    hot = frame[frame["special"].fillna("").astype(str) != ""]
    ring = {
        "markerfacecolor": "none",
        "markeredgecolor": SIGNAL,
        "markeredgewidth": 1.8,
    }
    ax.plot(hot[x], hot[value], "o", markersize=7, **ring)
    last = frame.dropna(subset=[mean]).iloc[-1]
    for column, text in (
        (upper, "upper limit"),
        (mean, "mean"),
        (lower, "lower limit"),
    ):
        note(ax, text, (last[x], last[column]))
    time_frame(ax, frame[x], events)
    upright(ax, ylabel, kind)


@drawn(3.6)
def funnel(frame, *, ax, highlight=(), kind="number", xlabel="", ylabel="") -> None:
    """Rates against size with limits that narrow as it grows; highlighted units are named.

    ``frame`` is that of :func:`outcomes.methods.spc.funnel`.
    """
    label, size, rate = "label", "denominator", "rate"
    ordered = frame.sort_values(size)
    far, chosen = ordered.iloc[-1], picked(highlight)
    for name, text, dash in (("95", "95%", _DOTTED), ("998", "99.8%", _DASHED)):
        low, high = f"lower_{name}", f"upper_{name}"
        for edge in (low, high):
            ax.plot(
                ordered[size], ordered[edge], color=GREY, linewidth=1, linestyle=dash
            )
        # one label above, one below: the two limits meet at the right-hand end
        note(
            ax, text, (far[size], far[low if dash == _DOTTED else high]), offset=(4, 0)
        )
    ax.plot(ordered[size], ordered["mean"], color=GREY, linewidth=1)
    inside = ordered[label].astype(str).isin(chosen)
    ax.plot(
        ordered[size][~inside],
        ordered[rate][~inside],
        "o",
        color="#8A8A8A",
        markersize=4,
    )
    for at, row in enumerate(ordered[inside].to_dict("records")):
        ax.plot(row[size], row[rate], "D", color=NAVY, markersize=7)
        right = (
            row[size] > far[size] / 2
        )  # the name stays inside; two marks may lie close together
        beside = {"offset": (-7 if right else 7, 9 if at % 2 == 0 else -10)}
        place = beside | {
            "ha": "right" if right else "left",
            "colour": NAVY,
            "bold": True,
        }
        note(ax, str(row[label]), (row[size], row[rate]), **place)
    across(ax, xlabel)
    upright(ax, ylabel, kind)


@drawn()
def event_time(frame, *, ax, xlabel) -> None:
    """Effects by time since the start; the time before is shaded, and should lie flat.

    ``frame`` is that of :func:`outcomes.methods.evaluation.difference_in_differences.event_study`, its ratios less 1.
    """
    first = min(frame["event"].min(), -1) - 0.5
    ax.axvspan(first, -0.5, color="#EFEFEF", zorder=0)
    ax.axhline(0, color=GREY, linewidth=1)
    ax.vlines(frame["event"], frame["lower"], frame["upper"], color=NAVY, linewidth=1.6)
    ax.plot(frame["event"], frame["ratio"], "o", color=NAVY, markersize=4)
    note(ax, "before", (first, 1), offset=(4, -4), **HANGING)
    ax.set_xlim(first, frame["event"].max() + 0.5)
    ax.set_xlabel(xlabel)  # whole periods: the ticks that matplotlib finds are right
    upright(ax, "difference from before", "percent")


@drawn()
def gaps(frame, *, ax, treated, others, start, label) -> None:
    """One place's difference from its comparison, against the same for placebo places (grey)."""
    for part in unbroken(frame, "time", treated):
        for name in others:
            ax.plot(part["time"], part[name], color=PALE, linewidth=0.6)
        ax.plot(part["time"], part[treated], color=NAVY, linewidth=2.2)
    ax.axhline(0, color=GREY, linewidth=1)
    last = frame.dropna(subset=[treated]).iloc[-1]
    note(ax, label, (last["time"], last[treated]), colour=NAVY, bold=True)
    note(ax, "grey: placebo areas", (0, 0), offset=(4, 6), xycoords="axes fraction")
    time_frame(ax, frame["time"], {"start": start})
    upright(ax, "difference from the mix, relative to the mean before", "percent")


@drawn(2.8)
def placebos(frame, *, ax, treated, label, ylabel) -> None:
    """How placebo places changed, counted in bins, and where the treated place stands."""
    width = frame["upper"] - frame["lower"]
    ax.bar(
        frame["lower"], frame["n"], width, align="edge", color=PALE, edgecolor="white"
    )
    ax.axvline(0, color=GREY, linewidth=1)
    ax.axvline(treated, color=NAVY, linewidth=2.4)
    ax.set_ylim(0, frame["n"].max() * 1.25)
    right = treated > (frame["lower"].min() + frame["upper"].max()) / 2
    place = HANGING | {
        "offset": (-5 if right else 5, -3),
        "ha": "right" if right else "left",
    }
    note(ax, label, (treated, 1), colour=NAVY, bold=True, **place)
    across(ax, "change against the comparison", "percent")
    upright(ax, ylabel)
