"""Which column of a file feeds which input of a kind, and the inputs of a row read by it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches

from server.batches import header as headers
from server.batches.content import own_domain
from server.batches.detection import Detection
from server.batches.kinds import Kind, Role
from server.batches.names import split
from server.domain import normalise
from server.domain.errors import InvalidInput

_SHOWN = 30
_EMPTY = frozenset(
    {"", "-", "--", "\u2013", "\u2014", ".", "?", "n/a", "#n/a", "#ref!", "#value!", "undefined", "unknown"}
)
_EMPTY_UNLESS_NAME = frozenset({"na", "none", "null", "nil", "nan"})
_NAMES = frozenset({Role.FIRST_NAME, Role.LAST_NAME, Role.FULL_NAME})


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """The columns that feed a kind, as positions from 0."""

    kind: Kind
    header: tuple[str, ...]
    columns: Mapping[Role, int]

    @property
    def names(self) -> dict[str, str]:
        """The headers by role, in the form that `resolve` takes as corrections."""
        return {role.value: self.header[number] for role, number in self.columns.items()}

    @property
    def notes(self) -> tuple[str, ...]:
        """What is read out of a column beyond its plain value, in sentences."""
        return tuple(self._notes())

    def _notes(self) -> Iterator[str]:
        names = self.names
        if Role.FULL_NAME in names and not {Role.FIRST_NAME, Role.LAST_NAME} <= names.keys():
            yield f"Full names in {names[Role.FULL_NAME]!r} are split into given and family name."
        if Role.EMAIL in names and self.kind.domain_from_email:
            yield (
                f"Where a row has no domain, that of its address in {names[Role.EMAIL]!r} is used; addresses at free "
                "e-mail providers have none."
            )


def wanted(kind: Kind) -> tuple[Role, ...]:
    """The roles that a column can play for `kind`: its inputs, and what they can be read out of."""
    sources = (
        *((Role.FULL_NAME,) if Role.FIRST_NAME in kind.roles else ()),
        *((Role.EMAIL,) if kind.domain_from_email else ()),
    )
    return tuple(dict.fromkeys((*kind.roles, *sources)))


def resolve(
    kind: Kind,
    header: Sequence[str],
    corrections: Mapping[str, str] | None = None,
    detection: Detection | None = None,
) -> ColumnMapping:
    """The mapping for `kind`: what was detected, overruled by `corrections` from role to header.

    Roles and headers may differ from their exact spelling in case, accents and separators; an empty header takes the
    role away. `InvalidInput` names a role or column that does not exist, with what comes close, a column that is to
    play two roles, or what is missing for the kind.
    """
    detected = {} if detection is None else {role: column.number for role, column in detection.roles.items()}
    said = _said(kind, header, corrections or {})
    corrected = {role: number for role, number in said.items() if number is not None}
    _refuse_doubles(header, corrected)
    taken = set(corrected.values())
    kept = {role: number for role, number in detected.items() if role not in said and number not in taken}
    columns = {role: number for role in wanted(kind) if (number := {**kept, **corrected}.get(role)) is not None}
    missing = kind.missing(columns)
    if missing:
        raise InvalidInput(
            f"No column is known to hold {' and '.join(missing)}, which {kind.name} needs.",
            field=missing[0].value,
            fix=f"Say which column does; there are {_listed(header)}.",
        )
    return ColumnMapping(kind, tuple(header), columns)


def _said(kind: Kind, header: Sequence[str], corrections: Mapping[str, str]) -> dict[Role, int | None]:
    """The position of the column for every role that the caller speaks of; None where a role is taken away."""
    said: dict[Role, int | None] = {}
    for name, column in corrections.items():
        role = _role(kind, name)
        if role in said:
            raise InvalidInput(f"{role} is given twice.", field=role.value, fix=f"Give one column as {role}.")
        said[role] = _column(header, column)
    return said


def _role(kind: Kind, said: str) -> Role:
    """The role that a name means; what people write over such columns is understood too."""
    known = {role.value: role for role in wanted(kind)}
    if said in known:
        return known[said]
    scores = headers.read(said).scores
    meant = [role for role in sorted(scores, key=lambda role: -scores[role]) if role in known]
    if meant:
        return meant[0]
    close = get_close_matches(said.casefold(), known, n=1)
    raise InvalidInput(
        f"{said[:80]!r} is not an input of {kind.name}; its inputs are {', '.join(known)}.",
        field=said[:80],
        fix=f"Use {close[0]}." if close else "Give columns by input, such as " + repr({next(iter(known)): "Column"}),
    )


def _column(header: Sequence[str], said: str) -> int | None:
    """The position of the column that a header means; None for an empty one."""
    if not said.strip():
        return None
    if said in header:
        return header.index(said)
    plain = "".join(headers.words(said))
    alike = [number for number, name in enumerate(header) if plain and "".join(headers.words(name)) == plain]
    if len(alike) == 1:
        return alike[0]
    by_lower = {name.casefold(): name for name in header}
    close = [by_lower[one] for one in get_close_matches(said.casefold(), by_lower, n=3)]
    raise InvalidInput(
        f"The file has no column {said[:80]!r}; it has {_listed(header)}.",
        field="mapping",
        fix=f"Did you mean {' or '.join(repr(name) for name in close)}?" if close else "Name one of its columns.",
    )


def _refuse_doubles(header: Sequence[str], columns: Mapping[Role, int]) -> None:
    for number, times in Counter(columns.values()).items():
        if times > 1:
            roles = [role.value for role, column in columns.items() if column == number]
            raise InvalidInput(
                f"The column {header[number]!r} is given as {' and as '.join(roles)}.",
                field=roles[0],
                fix="Give each column for one input.",
            )


def _listed(header: Sequence[str]) -> str:
    shown = ", ".join(repr(name[:80]) for name in header[:_SHOWN])
    more = len(header) - _SHOWN
    return f"{shown} and {more} more" if more > 0 else shown or "no columns"


def inputs_of(cells: Sequence[str], mapping: ColumnMapping) -> dict[str, str]:
    """The inputs of one row for the kind's plan; cells that are empty, or only say that nothing is known, are left out.

    Full names become given and family name, and where the kind wants it a missing domain is taken from the address.
    Nothing is checked here: a malformed value is the plan's to refuse. Never raises.
    """
    kind = mapping.kind
    read = {role: value for role, number in mapping.columns.items() if (value := _value(role, cells, number))}
    if (
        Role.FULL_NAME in read
        and Role.FIRST_NAME in kind.roles
        and not (Role.FIRST_NAME in read and Role.LAST_NAME in read)
    ):
        first, last = split(read[Role.FULL_NAME])
        if first and last:
            read |= {Role.FIRST_NAME: first, Role.LAST_NAME: last}
    if {Role.FIRST_NAME, Role.LAST_NAME} <= read.keys():
        read.pop(Role.FULL_NAME, None)
    if kind.domain_from_email and Role.COMPANY_DOMAIN not in read and Role.EMAIL in read:
        with suppress(ValueError):
            read[Role.COMPANY_DOMAIN] = normalise.company_domain(normalise.email(read[Role.EMAIL]))
    return {role.value: value for role, value in read.items() if role in kind.roles}


def _value(role: Role, cells: Sequence[str], number: int) -> str:
    value = cells[number].strip() if number < len(cells) else ""
    said = value.casefold()
    if said in _EMPTY or (role not in _NAMES and said in _EMPTY_UNLESS_NAME):
        return ""
    if role is Role.COMPANY_DOMAIN and "/" in value and own_domain(value) is None and _is_shared_page(value):
        return ""
    return value


def _is_shared_page(value: str) -> bool:
    """Whether a web address leads to a company's page on a site such as LinkedIn, and so not to the company's own."""
    with suppress(ValueError):
        return bool(normalise.domain(value))
    return False
