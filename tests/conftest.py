"""What tests of several rooms share."""

import pytest

from maps.district import District


@pytest.fixture(scope="session")
def nanling() -> District:
    """The invented district that comes with Liti."""
    return District.embedded()
