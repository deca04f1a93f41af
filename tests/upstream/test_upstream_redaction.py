"""What is cut out of messages, and what may stay."""

from __future__ import annotations

import pytest

from server.upstream.redaction import redacted, request_id


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("mail ada.b+c@example.co.uk bounced", "mail [email] bounced"),
        ('{"email":"ada@example.com","x":1}', '{"email":"[email]","x":1}'),
        ("<ada@bücher.example>", "<[email]>"),
        ("call +1 (555) 123-4567 now", "call [phone] now"),
        ("call 555-123-4567.", "call [phone]."),
        ("call (555) 123 4567", "call [phone]"),
        ("call +442071838750", "call [phone]"),
        ("resets at 2026-11-05 12:30:00 UTC", "resets at 2026-11-05 12:30:00 UTC"),
        ("HTTP 503 after 30 s, limit 5000", "HTTP 503 after 30 s, limit 5000"),
        ("key sk-1 and sk-1", "key [key] and [key]"),
        ("a\x00b\u200bc\u202ed\ne", "a b c d e"),
        ("tag \U000e0041\U000e0042", "tag   "),
    ],
)
def test_keys_people_and_hidden_characters_are_cut_out(text: str, left: str):
    assert redacted(text, "sk-1", "") == left


def test_long_text_is_cut_short():
    assert redacted("x" * 400) == "x" * 299 + "…"


@pytest.mark.parametrize(
    ("said", "safe"), [("req_1-A.b:c/d+e=", "req_1-A.b:c/d+e="), ("a b\r\nERROR ü", "abERROR"), ("y" * 90, "y" * 80)]
)
def test_a_request_id_is_made_safe_to_print(said: str, safe: str):
    assert request_id(said) == safe
