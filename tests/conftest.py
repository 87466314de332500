"""What tests of several rooms share."""

import os

import pytest
from hypothesis import settings

from maps.district import District

settings.register_profile("steady", derandomize=True)
settings.register_profile("search", derandomize=False, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))


@pytest.fixture(scope="session")
def nanling() -> District:
    """The invented district that comes with Liti."""
    return District.embedded()
