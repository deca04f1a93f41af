"""Rate-limit headers as vendors send them, and as they should not."""

from __future__ import annotations

import pytest

from server.upstream.limits import Limits, limits_of, retry_after

NOW = 1_800_000_000.0


@pytest.mark.parametrize(
    ("headers", "limits"),
    [
        ({}, None),
        ({"ratelimit-reset": "5"}, None),
        ({"ratelimit-limit": "300", "ratelimit-remaining": "287", "ratelimit-reset": "42"}, Limits(300, 287, 42)),
        (
            {"x-ratelimit-limit": "300", "x-ratelimit-remaining": "2", "x-ratelimit-reset": "1800000042"},
            Limits(300, 2, 42),
        ),
        ({"x-ratelimit-limit": "300", "x-ratelimit-reset": "1700000000"}, Limits(300, None, 0)),
        ({"x-ratelimit-remaining": "7", "x-ratelimit-reset": "30"}, Limits(None, 7, 30)),
        ({"ratelimit-limit": "100, 100;w=60", "ratelimit-remaining": "3;w=60"}, Limits(100, 3, None)),
        ({"ratelimit-limit": "0", "ratelimit-remaining": "0", "ratelimit-reset": "9"}, Limits(None, 0, 9)),
        ({"ratelimit-limit": "many", "ratelimit-remaining": "-1"}, None),
        ({"ratelimit-limit": "nan", "ratelimit-remaining": "inf"}, None),
        ({"ratelimit-limit": "x", "x-ratelimit-limit": "60"}, Limits(60, None, None)),
    ],
)
def test_headers_tell_limit_remaining_and_seconds_to_the_reset(headers: dict[str, str], limits: Limits | None):
    assert limits_of(headers, NOW) == limits


def test_more_left_than_the_limit_is_nonsense():
    assert Limits(300, 2847, 42).nonsense
    assert not Limits(300, 300, 42).nonsense
    assert not Limits(None, 2847, 42).nonsense


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("120", 120.0),
        ("0.5", 0.5),
        ("Fri, 15 Jan 2027 08:00:07 GMT", 7.0),
        ("Fri, 15 Jan 2021 08:00:07 GMT", 0.0),
        ("-3", None),
        ("soon", None),
        ("", None),
        ("Fri, 99 Jan 2027 08:00:07 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(said: str, seconds: float | None):
    assert retry_after({"retry-after": said}, NOW) == seconds


def test_without_retry_after_nothing_is_asked():
    assert retry_after({}, NOW) is None
