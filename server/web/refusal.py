"""Why somebody gets no page, in words for them."""

from __future__ import annotations


class Refusal(Exception):
    """Answered with a page that says `message` and what to do about it."""

    def __init__(self, message: str, *, fix: str = "", status: int = 400) -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix
        self.status = status


def not_here() -> Refusal:
    """What is said to a request for a host that is not ours."""
    return Refusal(
        "This server is not reached under that name.",
        fix="Open it under the name that its operator gave it; the operator can add names by WEIR_ALLOWED_HOSTS.",
        status=421,
    )
