"""Where to go after signing in."""

from __future__ import annotations

import re

from server.domain.approval import path_of

HOME = "/connections"
_PLACES = ("/authorize", "/mcp/authorize", "/connections", "/keys", "/account")
_APPROVAL = re.compile(re.escape(path_of("")) + "[A-Za-z0-9_-]{1,64}")
_LONGEST = 16_384


def local(text: str) -> str:
    """`text` where it is one of the pages that ask people to sign in first, with any query; else the first of them.

    It came with the request, so anybody may have written it.
    """
    place = text.partition("?")[0]
    harmless = len(text) <= _LONGEST and text.isascii() and text.isprintable() and "\\" not in text
    return text if harmless and (place in _PLACES or _APPROVAL.fullmatch(place)) else HOME
