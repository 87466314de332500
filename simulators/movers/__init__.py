"""People and cars that move along the streets."""
