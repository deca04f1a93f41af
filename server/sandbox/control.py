"""What a test can script from outside: latency, rate limiting and faults of each provider."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from server.sandbox import magic

PROVIDERS = ("leadmagic", "xmagnet", "leadiq", "prospector", "leadsonar", "leadcontact")


@dataclass(slots=True)
class Control:
    """How one provider behaves."""

    latency_ms: float = 0
    slow_ms: float = 20_000
    rate_limit: Literal["soft", "hard"] = "soft"
    faults: deque[str] = field(default_factory=deque[str])
    """Outcomes of the next requests, one each."""

    def shown(self) -> dict[str, Any]:
        return {
            "latency_ms": self.latency_ms,
            "slow_ms": self.slow_ms,
            "rate_limit": self.rate_limit,
            "faults": list(self.faults),
        }

    def fault(self) -> magic.Outcome | None:
        """Take the outcome that is scripted for this request."""
        return magic.OUTCOMES[self.faults.popleft()] if self.faults else None


class Change(BaseModel):
    """The body of `POST /control`; what is absent stays as it is, faults are appended to the queue."""

    model_config = ConfigDict(extra="forbid")

    provider: Literal["*", "leadmagic", "xmagnet", "leadiq", "prospector", "leadsonar", "leadcontact"] = "*"
    latency_ms: float | None = Field(None, ge=0, le=60_000)
    slow_ms: float | None = Field(None, ge=0, le=600_000)
    rate_limit: Literal["soft", "hard"] | None = None
    faults: list[str] = []

    @field_validator("faults")
    @classmethod
    def _known(cls, faults: list[str]) -> list[str]:
        try:
            return [magic.named(fault).name for fault in faults]
        except KeyError as error:
            raise ValueError(f"{error} is no outcome; use one of {', '.join(magic.OUTCOMES)}") from error


_controls = {provider: Control() for provider in PROVIDERS}


def of(provider: str) -> Control:
    return _controls[provider]


def apply(change: Change) -> None:
    """Change one provider, or all of them."""
    for provider in PROVIDERS if change.provider == "*" else (change.provider,):
        control = _controls[provider]
        control.faults.extend(change.faults)
        for name in ("latency_ms", "slow_ms", "rate_limit"):
            value = getattr(change, name)
            if value is not None:
                setattr(control, name, value)


def shown() -> dict[str, Any]:
    return {provider: control.shown() for provider, control in _controls.items()}


def reset() -> None:
    """Back to a fast, soft and faultless upstream; whoever holds a `Control` sees it too."""
    for control in _controls.values():
        control.latency_ms, control.slow_ms, control.rate_limit = 0, 20_000, "soft"
        control.faults.clear()
