"""Everything that can go wrong, as one tree.

The class carries `code` (what a program branches on) and `retryable` (whether the same call may succeed later);
the instance carries the sentence for a person and, where there is one, the next step.
"""

from __future__ import annotations

import math
from datetime import timedelta
from typing import ClassVar

from server.domain.approval import Approval
from server.domain.money import Credits
from server.domain.outcome import Outcome


class WeirError(Exception):
    """Any failure that Weir reports to its caller."""

    code: ClassVar[str] = "internal_error"
    outcome: ClassVar[Outcome] = Outcome.PROVIDER_ERROR
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, *, fix: str | None = None, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix
        self.field = field


class InvalidInput(WeirError):
    """An argument is malformed, missing or not allowed; nothing was held or billed."""

    code = "invalid_input"
    outcome = Outcome.INVALID_INPUT


class Suppressed(WeirError):
    """The person or company is on the workspace's suppression list."""

    code = "suppressed"
    outcome = Outcome.SUPPRESSED


class OutOfBudget(WeirError):
    """The most that the call can cost does not fit what a limit leaves."""

    code = "out_of_budget"
    outcome = Outcome.OUT_OF_BUDGET


class ApprovalRequired(WeirError):
    """The quote is above the operator's limit for calls that nobody approved; `approval` waits for a person."""

    code = "approval_required"
    outcome = Outcome.APPROVAL_REQUIRED

    def __init__(self, message: str, *, approval: Approval, fix: str | None = None) -> None:
        super().__init__(message, fix=fix)
        self.approval = approval


class ApprovalRefused(WeirError):
    """A person was asked and did not approve; nothing was held or billed."""

    code = "approval_refused"
    outcome = Outcome.APPROVAL_REQUIRED


class UseBulk(WeirError):
    """Many single paid calls of one tool in a short time; nothing was held or billed. A bulk job does the rest."""

    code = "use_bulk"
    outcome = Outcome.RATE_LIMITED


class InsufficientScope(WeirError):
    """The connection or key was not allowed this; nothing was held or billed. A person can allow more."""

    code = "insufficient_scope"
    outcome = Outcome.APPROVAL_REQUIRED


class TooManyAttempts(WeirError):
    """Somebody guesses or floods: wait for `retry_after`."""

    code = "too_many_attempts"
    outcome = Outcome.RATE_LIMITED
    retryable = True

    def __init__(self, retry_after: timedelta) -> None:
        seconds = math.ceil(retry_after.total_seconds())
        wait = f"{seconds} seconds" if seconds < 120 else f"{math.ceil(seconds / 60)} minutes"
        super().__init__("There were too many attempts.", fix=f"Try again in {wait}.")
        self.retry_after = retry_after


class NoOffer(WeirError):
    """No configured provider can answer the query."""

    code = "no_provider"


class PriceUnknown(NoOffer):
    """Providers could answer, and none of them has a price in force for it, so none may be called."""

    code = "price_unknown"


class StorageUnavailable(WeirError):
    """The ledger could not be written, so nothing was called."""

    code = "storage_unavailable"
    retryable = True


class IdentityProviderUnavailable(WeirError):
    """The operator's identity provider could not be asked, so it is not known whether a token is in order."""

    code = "identity_provider_unavailable"
    retryable = True


class HoldLapsed(WeirError):
    """The call was silent for so long that its hold was taken back, so it may ask nobody any more."""

    code = "hold_lapsed"
    retryable = True


class StillRunning(WeirError):
    """The call outlived its deadline; it goes on and its answer will be stored."""

    code = "still_running"
    retryable = True


class ProviderError(WeirError):
    """A provider failed; the subclass says how, and whether money may have moved."""

    code = "provider_error"
    retryable = True
    billed_unknown: ClassVar[bool] = False
    """True where the provider may have charged for a call whose answer never arrived."""
    charged: Credits | None = None
    """What the provider said it charged, where a failure still told."""
    request_id: str | None = None


class ProviderRejectedKey(ProviderError):
    """The provider refused the key (401 or 403)."""

    code = "provider_rejected_key"
    retryable = False


class ProviderOutOfCredits(ProviderError):
    """The provider's account has no credits left (402)."""

    code = "provider_out_of_credits"
    retryable = False


class ProviderRejectedRequest(ProviderError):
    """The provider called the request itself wrong (400, 409, 422)."""

    code = "provider_rejected_request"
    retryable = False


class ProviderNotFound(ProviderError):
    """The provider says that the record or the endpoint does not exist (404)."""

    code = "provider_not_found"
    retryable = False


class RateLimited(ProviderError):
    """The provider's rate limit leaves no place in time (429, or our own pacing)."""

    code = "rate_limited"
    outcome = Outcome.RATE_LIMITED

    def __init__(self, message: str, *, retry_after: float | None = None, fix: str | None = None) -> None:
        super().__init__(message, fix=fix)
        self.retry_after = retry_after


class ProviderUnavailable(ProviderError):
    """The provider answered with a failure of its own (5xx) or could not be reached."""

    code = "provider_unavailable"


class ProviderNonsense(ProviderError):
    """The provider's answer could not be understood; it may have been charged."""

    code = "provider_nonsense"
    retryable = False
    billed_unknown = True


class ProviderOutcomeUnknown(ProviderError):
    """The request left, and no answer came back; it may have been charged and is not repeated."""

    code = "provider_outcome_unknown"
    retryable = False
    billed_unknown = True
