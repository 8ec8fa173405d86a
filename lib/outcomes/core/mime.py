"""The MIME types by which a notebook tells the publisher what its outputs are."""

FINDING = "application/vnd.outcomes.finding+json"
"""The facts of a finding, as JSON."""

PROVENANCE = "application/vnd.outcomes.provenance+json"
"""The tables a notebook has read; it stands in the output of the last cell."""
