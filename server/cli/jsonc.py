"""Changes one member of a JSON text and leaves every other character, comments included, as it is."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

_TOKEN = re.compile(
    r"""(?P<space>\s+|//[^\n]*|/\*.*?\*/)|(?P<word>"(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s{}\[\]:,"/]+)""", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Object:
    """Where an object stands: its members by name, each with the place of its value, and its closing brace."""

    members: dict[str, tuple[int, int]]
    open: int
    close: int
    comma: bool
    """Whether a comma follows the last member already."""


def parsed(text: str) -> Any:
    """The value, with comments and trailing commas ignored; ValueError where it is no JSON or names a member twice."""
    tokens = [*_tokens(text)]
    kept = (one.text for one, after in zip(tokens, [*tokens[1:], None], strict=True) if not _trailing(one, after))
    return json.loads(" ".join(kept), object_pairs_hook=_unique)


def with_member(text: str, section: str, name: str, value: object) -> str:
    """`text` with `value` at `section`.`name`; ValueError where the text or the section is not an object."""
    tokens = [*_tokens(text)]
    unit = _indent(text)
    root = _object(tokens, 0)
    if section not in root.members:
        return _added(text, root, section, {name: value}, unit, depth=1)
    inner = _object(tokens, next(i for i, one in enumerate(tokens) if one.start == root.members[section][0]))
    if name not in inner.members:
        return _added(text, inner, name, value, unit, depth=2)
    start, end = inner.members[name]
    return text[:start] + _written(value, unit, depth=2) + text[end:]


def _tokens(text: str) -> Iterator[_Token]:
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise ValueError(f"it is not JSON from character {at + 1} on")
        at = found.end()
        if found["word"]:
            yield _Token(found["word"], found.start(), at)


def _trailing(token: _Token, after: _Token | None) -> bool:
    return token.text == "," and after is not None and after.text in "}]"


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("it names one member twice")
    return found


def _object(tokens: Sequence[_Token], at: int) -> _Object:
    """The object whose opening brace is token `at`, of a text that `parsed` accepts."""
    if tokens[at].text != "{":
        raise ValueError("there is no object where the servers belong")
    members: dict[str, tuple[int, int]] = {}
    i = at + 1
    while tokens[i].text != "}":
        end = _end(tokens, i + 2)
        members[json.loads(tokens[i].text)] = tokens[i + 2].start, tokens[end].end
        i = end + (2 if tokens[end + 1].text == "," else 1)
    return _Object(members, tokens[at].end, tokens[i].start, tokens[i - 1].text == ",")


def _end(tokens: Sequence[_Token], at: int) -> int:
    """The last token of the value that starts with token `at`."""
    depth = 0
    for i in range(at, len(tokens)):
        depth += (tokens[i].text in "{[") - (tokens[i].text in "}]")
        if depth == 0:
            return i
    raise ValueError("a bracket is not closed")


def _added(text: str, into: _Object, name: str, value: object, unit: str, *, depth: int) -> str:
    """The member goes behind whatever stands before the closing brace, comments included."""
    last = max((end for _, end in into.members.values()), default=into.open)
    comma = "," if into.members and not into.comma else ""
    before = text[last : into.close].rstrip()
    member = f"\n{unit * depth}{json.dumps(name)}: {_written(value, unit, depth=depth)}"
    return f"{text[:last]}{comma}{before}{member}\n{unit * (depth - 1)}{text[into.close :]}"


def _written(value: object, unit: str, *, depth: int) -> str:
    text = json.dumps(value, indent=unit, ensure_ascii=False)
    first, *rest = text.split("\n", 1)
    return "\n".join([first, *(textwrap.indent(more, unit * depth) for more in rest)])


def _indent(text: str) -> str:
    """The text's own indentation."""
    found = re.search(r"\n([ \t]+)\S", text)
    return found[1] if found else "  "
