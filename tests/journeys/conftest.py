import pytest

WITHOUT = pytest.param(False, id="without JavaScript", marks=pytest.mark.no_javascript)


@pytest.fixture(params=[pytest.param(True, id="with JavaScript"), WITHOUT])
def javascript(request) -> bool:
    return request.param
