"""What the log says of requests."""

import logging

import pytest

from tests.harness.over_http import OverHttp


@pytest.mark.parametrize(("level", "told"), [(logging.INFO, 0), (logging.DEBUG, 1)])
def test_each_request_is_told_at_debug_only(
    shop: OverHttp, caplog: pytest.LogCaptureFixture, level: int, told: int
) -> None:
    caplog.set_level(level)
    shop.nobody.get("/health/live")
    assert caplog.messages.count("GET /health/live: 200") == told
