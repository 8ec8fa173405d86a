"""The explore room: questions behind controls, in JupyterLab, on the findings that reports show.

``explore.open()`` shows the controls. ``ask`` says what can be asked and, if not, why; ``answer``
makes the finding; ``take`` carries things out and in: a page, an export, an analyst's own figures.
"""


def open(**wish):
    """The controls, set as wished where that can be asked: ``open(programme="op_sceptre")``."""
    from outcomes.explore.controls import (
        Explorer,
    )  # widgets load only where they are shown

    return Explorer(wish)
