"""Charts as analysts draw them with matplotlib and seaborn, which the library did not make.

Each function returns what it would be natural to pass to ``finding(figure=…)``.
"""

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib import patheffects

DRAW = np.random.default_rng(1)
FRAME = pd.DataFrame(
    {
        "month": np.tile(np.arange(24), 8),
        "n": DRAW.poisson(40, 192),
        "v": DRAW.normal(size=192),
        "area": np.repeat(["Burnley", "Chorley", "Fylde", "Wyre"], 48),
    }
)
GRID, MANY = DRAW.normal(size=(8, 6)), DRAW.normal(size=(4, 400))


def axes(**more):
    return plt.figure(**more).add_subplot()


def heat_map():
    return sns.heatmap(GRID, annot=True, ax=axes())


def hatches():
    ax = axes()
    ax.bar(["a", "b"], [3, 4], hatch="//")
    ax.bar(["c"], [2], hatch="..", facecolor="none", edgecolor="k")
    return ax


def band_cut_by_limits():
    ax = sns.lineplot(FRAME, x="month", y="n", ax=axes(), seed=1)
    ax.set(xlim=(3, 20), ylim=(38, 42))
    return ax


def densities():
    return sns.kdeplot(FRAME, x="v", hue="area", fill=True, ax=axes())


def boxes():
    return sns.boxplot(FRAME, x="area", y="n", ax=axes())


def violins():
    return sns.violinplot(FRAME, x="area", y="n", ax=axes())


def clusters():
    return sns.clustermap(GRID, figsize=(5, 5))


def facets():
    return sns.relplot(
        FRAME, x="month", y="n", col="area", hue="area", col_wrap=2, height=2
    )


def pairs():
    return sns.pairplot(FRAME[["n", "v", "area"]], hue="area", height=1.6)


def stacked_areas():
    ax = axes()
    ax.stackplot(range(8), abs(GRID.T[:3]), alpha=0.5, labels=list("xyz"))
    ax.legend()
    return ax


def image():
    ax = axes()
    ax.imshow(GRID)
    return ax


def rasterized():
    ax = axes()
    ax.scatter(*MANY[:2], rasterized=True, alpha=0.3)
    return ax


def quivers():
    ax = axes()
    ax.quiver(*MANY[:, :20])
    return ax


def arrows_and_angles():
    ax = axes()
    ax.plot([0, 1])
    bow = {"arrowstyle": "->", "connectionstyle": "arc3,rad=.3"}
    ax.annotate("the peak", (1, 1), (0.2, 0.8), arrowprops=bow, rotation=12.5)
    return ax


def polar():
    ax = plt.figure().add_subplot(projection="polar")
    ax.plot(np.linspace(0, 9, 50), np.linspace(0, 2, 50))
    ax.bar([1, 2], [1, 2], alpha=0.4)
    return ax


def logarithms_and_formulas():
    ax = axes()
    ax.loglog([1, 10, 1e5], [1e-3, 2, 50], "o-")
    ax.set_title(r"$\alpha_i=\frac{1}{2}\sqrt{x^2}$")
    return ax


def steps():
    ax = axes()
    ax.fill_between(range(9), range(9), step="mid", alpha=0.3)
    ax.step(range(9), range(9))
    return ax


def colours_with_their_bar():
    ax = axes()
    ax.figure.colorbar(ax.scatter(*MANY[:2], c=MANY[2], s=90 * abs(MANY[3]), alpha=0.7))
    return ax


def words_in_a_box():
    ax = axes()
    box = {"boxstyle": "round", "fc": "wheat"}
    look = {"weight": "bold", "size": 16, "rotation": 30, "style": "italic"}
    ax.text(0.5, 0.5, "in a box\nof two lines", bbox=box, **look)
    return ax


def table():
    ax = axes()
    ax.axis("off")
    ax.table([["1", "2"], ["3", "4"]], colLabels=["a", "b"], loc="center")
    return ax


def two_scales():
    ax = axes()
    ax.bar(range(4), [1e6, 2e6, 3e6, 4e6])  # "1e6" stands at the end of the axis
    ax.twinx().plot([3, 1, 2, 5], "r--")
    return ax


def dashes():
    ax = axes()
    for at, kind in enumerate(["--", ":", "-."]):
        ax.plot([0, 1], [at, at + 1], kind, lw=3)
    return ax


def open_marks():
    ax = axes()
    for at, kind in enumerate("os^vD*"):
        ax.plot(GRID[:, at], kind, mfc="none", ms=9)
    return ax


def legend_outside():
    ax = axes()
    for at in range(3):
        ax.plot([1, 2, at], label=f"line {at}")
    ax.legend(bbox_to_anchor=(1.02, 1), loc="upper left")
    return ax


def pie():
    ax = axes()
    ax.pie(
        [1, 2, 3], labels=list("abc"), autopct="%d%%", wedgeprops={"ec": "w", "lw": 3}
    )
    return ax


def contours():
    ax = axes()
    ax.contourf(GRID)
    ax.clabel(ax.contour(GRID, colors="k"))
    return ax


def path_effects():
    ax = axes()
    ax.plot(
        [0, 1], lw=5, path_effects=[patheffects.withStroke(linewidth=9, foreground="r")]
    )
    return ax


def on_black():
    with plt.style.context("dark_background"):
        ax = axes()
        ax.plot([1, 3, 2])
        ax.set_title("on black")
        return ax


CHARTS = (
    *(
        heat_map,
        hatches,
        band_cut_by_limits,
        densities,
        boxes,
        violins,
        clusters,
        facets,
        pairs,
    ),
    *(
        stacked_areas,
        image,
        rasterized,
        quivers,
        arrows_and_angles,
        polar,
        logarithms_and_formulas,
    ),
    *(
        steps,
        colours_with_their_bar,
        words_in_a_box,
        table,
        two_scales,
        dashes,
        open_marks,
    ),
    *(legend_outside, pie, contours, path_effects, on_black),
)
