"""The only reader of the environment and of `weir.toml`.

Every setting is `WEIR_<NAME>` in the environment or `<name>` in `weir.toml` (the environment wins). What belongs to a
provider follows from the provider's name: `<NAME>_API_KEY`, `WEIR_<NAME>_BASE_URL`, `WEIR_<NAME>_USD_PER_CREDIT`.
"""

from __future__ import annotations

import math
import os
import tomllib
from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from server.domain.errors import InvalidInput


class Auth(StrEnum):
    """Who may call."""

    OPEN = "open"
    """Anybody who reaches the port: loopback only."""


class Providers(StrEnum):
    """Which upstreams are called."""

    AUTO = "auto"
    """The real providers that have a key; the sandbox where no key is set at all."""
    SANDBOX = "sandbox"
    """The simulated providers, whatever keys are set."""


class LogLevel(StrEnum):
    """How much Weir writes to standard error."""

    DEBUG = "debug"
    """Also every request to a provider, without what was asked or answered."""
    INFO = "info"
    """Also one line for every tool call: tool, outcome, credits, milliseconds."""
    WARNING = "warning"
    ERROR = "error"


def _words(value: object) -> object:
    return value.replace(",", " ").split() if isinstance(value, str) else value


def _optional(value: object) -> object:
    return None if isinstance(value, str) and value.strip().lower() in ("", "none", "off") else value


def _url(value: str | None) -> str | None:
    if value and not is_url(value):
        raise ValueError("it is not a URL that starts with http:// or https://")
    return value.rstrip("/") if value else None


def is_url(text: str) -> bool:
    """Whether a text is an absolute http or https URL."""
    parts = urlsplit(text)
    return parts.scheme in ("http", "https") and bool(parts.hostname)


Words = Annotated[list[str], NoDecode, BeforeValidator(_words)]
Optional = Annotated[Annotated[float, Field(ge=0, allow_inf_nan=False)] | None, BeforeValidator(_optional)]


class Settings(BaseSettings):
    """What the operator decides. Field descriptions are the text of `.env.example`."""

    model_config = SettingsConfigDict(
        env_prefix="WEIR_", env_ignore_empty=True, toml_file="weir.toml", extra="forbid", frozen=True
    )

    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(default=8000, ge=0, le=65535, description="Port to listen on; 0 picks a free one.")
    home: Annotated[Path, AfterValidator(Path.expanduser)] = Field(
        default=Path(".weir"), description="Folder of all state: the database and its lock."
    )
    auth: Auth = Field(default=Auth.OPEN, description="Who may call: `open` allows anybody, on loopback only.")
    providers: Providers = Field(
        default=Providers.AUTO,
        description="`auto` calls the providers that have a key (the sandbox where none has), `sandbox` never leaves "
        "this machine.",
    )
    database_url: str | None = Field(
        default=None, description="postgresql://... for PostgreSQL; without it, SQLite in the home folder."
    )
    public_url: Annotated[str | None, AfterValidator(_url)] = Field(
        default=None,
        description="The URL that clients use, where it differs from host and port, such as behind a proxy.",
    )
    allowed_hosts: Words = Field(
        default=[], description="Further Host header values to accept, separated by commas; the port may be `*`."
    )
    allowed_origins: Words = Field(default=[], description="Further browser origins to accept, separated by commas.")
    max_body_bytes: int = Field(default=4_194_304, ge=1024, description="Largest request body accepted, in bytes.")
    order: Words = Field(
        default=[],
        description="Providers in the order to ask them, separated by commas; those not named follow, cheapest first.",
    )
    enable: Words = Field(
        default=[], description="Providers to switch on that are off by default, separated by commas."
    )
    limit_per_call: Optional = Field(
        default=100, description="Most credits that one call may cost; `none` switches the limit off."
    )
    limit_per_member_day: Optional = Field(
        default=500, description="Most credits that one member may spend in a day (UTC)."
    )
    limit_per_workspace_month: Optional = Field(
        default=5000, description="Most credits that a workspace may spend in a calendar month (UTC)."
    )
    approval_above: Optional = Field(
        default=100, description="Calls that may cost more credits than this need a person's approval."
    )
    toolsets: Words = Field(
        default=["all"],
        description="Tools to serve: `all`, `essentials`, or families such as `contact` and `jobs`, separated by "
        "commas; the account tools come with every choice.",
    )
    read_only: bool = Field(default=False, description="Serve only tools that cost and change nothing.")
    aliases: bool = Field(default=False, description="Serve tools also under the names that older servers gave them.")
    call_seconds: float = Field(default=45, gt=0, le=45, description="Longest that a client waits for one call.")
    log_level: LogLevel = Field(
        default=LogLevel.WARNING,
        description="`debug`, `info` (a line for every call), `warning` or `error`; no level logs who was looked up.",
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Command line, then environment, then `weir.toml`."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach the address."""
        if self.host == "localhost":
            return True
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def database(self) -> str:
        """The database URL in force."""
        return self.database_url or f"sqlite:///{(self.home / 'weir.db').resolve()}"

    def provider(self, name: str, hosts: Mapping[str, str]) -> ProviderSettings:
        """What the environment says of one provider."""
        return ProviderSettings(name, hosts)


class Untouched(Settings):
    """The defaults with what the caller gives, whatever the environment and `weir.toml` say."""

    model_config = SettingsConfigDict(toml_file=None)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The caller alone."""
        return (init_settings,)

    def provider(self, name: str, hosts: Mapping[str, str]) -> ProviderSettings:
        """A provider nobody has configured."""
        return ProviderSettings(name, hosts, {})


class ProviderSettings:
    """What the operator sets for one provider. `InvalidInput` names the variable that is wrong."""

    def __init__(self, name: str, hosts: Mapping[str, str], environment: Mapping[str, str] | None = None) -> None:
        values = os.environ if environment is None else environment
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


def setting_variables() -> tuple[str, ...]:
    """Every environment variable that is not a provider's."""
    return tuple(f"WEIR_{name.upper()}" for name in Settings.model_fields)


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


def mistyped(known: Collection[str]) -> Iterator[tuple[str, str]]:
    """Variables of the environment that look like one of `known` and are not, each with the one that was meant."""
    for variable in os.environ:
        if variable not in known and (close := get_close_matches(variable, known, n=1, cutoff=0.85)):
            yield variable, close[0]


def load(**overrides: Any) -> Settings:
    """The settings in force; `InvalidInput` names the variable and what is wrong with it.

    `overrides` are the command line's options; None stands for an option that was not given.
    """
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        settings = Settings(**given)
    except ValidationError as error:
        raise _explained(error.errors(include_url=False)[0], given) from None
    except tomllib.TOMLDecodeError as error:
        raise InvalidInput(f"weir.toml cannot be read: {error}.", field="weir.toml", fix="Correct that line.") from None
    _refuse_an_open_door(settings)
    return settings


def _explained(problem: ErrorDetails, given: Mapping[str, Any]) -> InvalidInput:
    name = str(problem["loc"][0])
    if problem["type"] == "extra_forbidden":
        close = get_close_matches(name, Settings.model_fields, n=1)
        fix = f"Write {close[0]}." if close else f"The settings are {', '.join(Settings.model_fields)}."
        return InvalidInput(f"weir.toml sets {name}, and there is no such setting.", field=name, fix=fix)
    where = _source(name, given)
    said = problem["msg"].removeprefix("Value error, ")
    meaning = Settings.model_fields[name].description
    return InvalidInput(f"{where} is wrong: {said}.", field=name, fix=f"Correct it. What it means: {meaning}")


def _source(name: str, given: Mapping[str, Any]) -> str:
    """Where a setting was given."""
    variable = f"WEIR_{name.upper()}"
    if name in given:
        return f"The option --{name.replace('_', '-')}"
    return f"The setting {variable}" if variable in os.environ else f"The setting {name} in weir.toml"


def _refuse_an_open_door(settings: Settings) -> None:
    if settings.auth is Auth.OPEN and not settings.loopback:
        raise InvalidInput(
            f"Weir will not listen on {settings.host} with open access: anybody who reaches it could spend the "
            "workspace's credits.",
            field="host",
            fix="Set WEIR_HOST=127.0.0.1, or put a proxy that authenticates people in front of the loopback address.",
        )
