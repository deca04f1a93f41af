"""What the operator says of one provider, in variables whose names follow from the provider's own.

They are `<NAME>_API_KEY`, `WEIR_<NAME>_BASE_URL`, `WEIR_<NAME>_USD_PER_CREDIT` and `WEIR_<NAME>_PER_MINUTE`.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping

from server.domain.errors import InvalidInput
from server.domain.site import is_url


class ProviderSettings:
    """What the operator sets for one provider. `InvalidInput` names the variable that is wrong."""

    def __init__(self, name: str, hosts: Mapping[str, str], values: Mapping[str, str]) -> None:
        self.key = values.get(key_variable(name), "").strip() or None
        self.hosts = {host: _base_url(values, base_url_variable(name, host), url) for host, url in hosts.items()}
        self.usd_per_credit = _amount(values, f"WEIR_{name.upper()}_USD_PER_CREDIT")
        self.per_minute = _rate(values, f"WEIR_{name.upper()}_PER_MINUTE")


def key_variable(provider: str) -> str:
    """The environment variable of a provider's API key, such as `LEADIQ_API_KEY`."""
    return f"{provider.upper()}_API_KEY"


def base_url_variable(provider: str, host: str) -> str:
    """The environment variable that overrides a base URL, such as `WEIR_LEADIQ_PROSPECTOR_BASE_URL`."""
    middle = "" if host == "default" else f"_{host.upper()}"
    return f"WEIR_{provider.upper()}{middle}_BASE_URL"


def provider_variables(provider: str, hosts: Collection[str]) -> tuple[str, ...]:
    """Every environment variable of a provider."""
    upper = provider.upper()
    urls = (base_url_variable(provider, host) for host in hosts)
    return (key_variable(provider), *urls, f"WEIR_{upper}_USD_PER_CREDIT", f"WEIR_{upper}_PER_MINUTE")


def _base_url(values: Mapping[str, str], variable: str, default: str) -> str:
    url = values.get(variable, "").strip().rstrip("/") or default
    if not is_url(url):
        raise InvalidInput(
            f"{variable} is not a URL that starts with http:// or https://.",
            field=variable,
            fix=f"Correct {variable}, or take it away: without it the provider is at {default}.",
        )
    return url


def _rate(values: Mapping[str, str], variable: str) -> float | None:
    """Requests per minute; `none` is no pacing at all, for a provider of one's own."""
    return math.inf if values.get(variable, "").strip().lower() == "none" else _amount(values, variable)


def _amount(values: Mapping[str, str], variable: str) -> float | None:
    text = values.get(variable, "").strip()
    if not text:
        return None
    try:
        amount = float(text)
    except ValueError:
        amount = math.nan
    if not 0 < amount < math.inf:
        raise InvalidInput(
            f"{variable} is {text!r}, which is not a positive number.",
            field=variable,
            fix=f"Correct {variable}, or take it away.",
        )
    return amount
