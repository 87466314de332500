"""Clearance: what a check says of a plan, and the one place where a plan becomes a `ClearedPlan`."""

from missions.safety.clearance import ClearedPlan, NotClearedError, clear
from missions.safety.findings import Finding

__all__ = ["ClearedPlan", "Finding", "NotClearedError", "clear"]
