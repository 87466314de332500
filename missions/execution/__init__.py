"""Missions from draft to landing: clearance, launch, and the flights as state machines."""
