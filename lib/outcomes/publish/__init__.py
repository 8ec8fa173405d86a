"""The publish room: plan, run, page and site. It knows no statistics, only what notebooks show."""
