"""An empty figure in the style of the house, which pyplot does not keep, for tests that draw."""

from matplotlib.figure import Figure

from outcomes.findings import theme


def canvas(height=3.2):
    """The figure and its axes."""
    with theme.styled():
        figure = Figure(figsize=(theme.WIDTH, height))
        figure.set_gid(theme._OURS)
        return figure, figure.subplots()
