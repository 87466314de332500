"""Distances that planning keeps and clearance demands."""

CLEAR_BY_M = 10.0
"""Metres of air that must be left over everything below."""

LANDING_CLEAR_BY_M = 4.0
"""The same on the climb-out and the glide of an aircraft with wings, which fly slowly and straight there."""
