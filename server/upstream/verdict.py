"""What a failed exchange means for the call and for its money, and whether it may be tried again. No I/O."""

from __future__ import annotations

from dataclasses import dataclass

from server.domain.errors import (
    ProviderError,
    ProviderNonsense,
    ProviderOutcomeUnknown,
    ProviderUnavailable,
    RateLimited,
)
from server.domain.money import Credits
from server.provider import Provider, Response
from server.upstream.exchange import Lost, Stage

TRIES = 3
ODD_DATA = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)
"""What a flow raises when it trips over data that nobody foresaw; pydantic's ValidationError is a ValueError."""


@dataclass(frozen=True, slots=True)
class Failure:
    """One failed try."""

    error: ProviderError
    status: int = 0
    """0 where no response arrived."""
    unacted: bool = False
    """True where the provider provably did nothing: the request never left, or was turned away for its rate."""
    final: bool = False
    """True where the answer is definite, so that another try would only hear it again."""
    counts: bool = False
    """True where it is a failure of the provider, for the breaker."""
    asked: float | None = None
    """Seconds of silence that the provider asked for."""

    def may_repeat(self, *, harmless: bool) -> bool:
        """Whether another try is provably safe; `harmless` requests may be sent twice in any case."""
        return self.unacted or (harmless and not self.final)

    def delay(self, tried: int, jitter: float) -> float:
        """Seconds before the next try, `tried` having been made; `jitter` is drawn from 0 to 1."""
        if self.asked is not None:
            return self.asked * (1 + jitter / 4)
        if isinstance(self.error, RateLimited):
            return 2.0 ** (tried - 1) * (1 + jitter / 4)
        return 0.25 * 2.0 ** (tried - 1) * (0.5 + jitter)


def charge_of(provider: Provider, response: Response) -> Credits | None:
    """What the provider says `response` cost; None where it says nothing that can be read."""
    try:
        return provider.charged(response)
    except (ProviderError, *ODD_DATA):
        return None


def of_lost(provider: Provider, lost: Lost, *, risky: bool, patient: bool) -> Failure:
    """What a lost exchange means; `risky` ones may have been charged, `patient` ones were given time enough."""
    title, status = provider.manifest.title, lost.head.status if lost.head is not None else 0
    match lost.stage:
        case Stage.UNSENT:
            fix = "Check the network, and the provider's base URL in the settings."
            error: ProviderError = ProviderUnavailable(f"{title} could not be reached: {lost.reason}.", fix=fix)
        case Stage.UNREADABLE:
            error = ProviderNonsense(f"{title} answered, but {lost.reason}.")
        case Stage.UNANSWERED if risky:
            error = ProviderOutcomeUnknown(
                f"{title} took the request and did not answer: {lost.reason}. It may have charged for it, so the "
                "request is not repeated."
            )
        case Stage.UNANSWERED:
            error = ProviderUnavailable(f"{title} did not answer: {lost.reason}.")
    error.charged = None if lost.head is None else charge_of(provider, lost.head)
    unsent = lost.stage is Stage.UNSENT
    return Failure(error, status, unacted=unsent, counts=patient or not lost.timeout)


def of_response(provider: Provider, response: Response, *, risky: bool) -> Failure | None:
    """What a response means that is no answer; None where the flow may read it."""
    status, title = response.status, provider.manifest.title
    if 300 <= status < 400:
        fix = "Check the provider's base URL in the settings: redirects are not followed, they could give the key away."
        return Failure(
            ProviderNonsense(f"{title} answered with a redirect (HTTP {status}).", fix=fix), status, final=True
        )
    try:
        error = provider.fault(response)
    except ProviderError as raised:
        error = raised
    except ODD_DATA:
        error = ProviderNonsense(f"{title} answered HTTP {status} in an unexpected shape.")
    if error is None:
        return None
    told = charge_of(provider, response)
    if risky and told is None and isinstance(error, ProviderUnavailable) and not _definite(response):
        error = ProviderOutcomeUnknown(
            f"{title} failed with HTTP {status}, perhaps in between. It may have charged for the request, so it is "
            "not repeated."
        )
    error.charged = told
    counts = isinstance(error, ProviderUnavailable | ProviderNonsense | ProviderOutcomeUnknown)
    return Failure(error, status, unacted=isinstance(error, RateLimited), final=not counts, counts=counts)


def _definite(response: Response) -> bool:
    """Whether a failure comes from the provider itself: a gateway in between cannot know what the provider did."""
    try:
        return response.status not in (502, 504) and bool(response.peek())
    except RecursionError:
        return False


def nonsense(provider: Provider) -> ProviderNonsense:
    """A flow could make nothing of a response."""
    return ProviderNonsense(f"{provider.manifest.title} answered in an unexpected shape.")
