"""The publish room: plan, run, page and site. It knows no statistics, only what notebooks show."""

import sys

# nbformat would build a grammar for 1.4 s, for a check nobody needs.
sys.modules.setdefault("rfc3987_syntax", None)
