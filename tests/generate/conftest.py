import pytest
from writing_support import small_model


@pytest.fixture
def model():
    return small_model()
