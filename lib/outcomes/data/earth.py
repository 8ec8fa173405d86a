"""How far apart places are."""

import numpy as np
import pandas as pd

_RADIUS = 6371.0088  # of the earth, in kilometres


def distances(a: pd.DataFrame, b: pd.DataFrame) -> np.ndarray:
    """Great-circle kilometres from each place of ``a`` to each of ``b`` (haversine).

    Both have ``longitude`` and ``latitude`` in degrees.
    """
    lon1, lat1 = (
        np.radians(a[c].to_numpy(float))[:, None] for c in ("longitude", "latitude")
    )
    lon2, lat2 = (
        np.radians(b[c].to_numpy(float))[None, :] for c in ("longitude", "latitude")
    )
    h = np.sin((lat2 - lat1) / 2) ** 2
    h = h + np.cos(lat1) * np.cos(lat2) * np.sin((lon2 - lon1) / 2) ** 2
    return 2 * _RADIUS * np.arcsin(np.sqrt(np.clip(h, 0, 1)))
