"""The only reader of the environment and of `weir.toml`.

Every setting is `WEIR_<NAME>` in the environment or `<name>` in `weir.toml` (the environment wins). What belongs to a
provider follows from the provider's name: `<NAME>_API_KEY`, `WEIR_<NAME>_BASE_URL`, `WEIR_<NAME>_USD_PER_CREDIT`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, ValidationError
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


def _words(value: object) -> object:
    return value.replace(",", " ").split() if isinstance(value, str) else value


def _optional(value: object) -> object:
    return None if isinstance(value, str) and value.strip().lower() in ("", "none", "off") else value


Words = Annotated[list[str], NoDecode, BeforeValidator(_words)]
Optional = Annotated[float | None, BeforeValidator(_optional)]


class Settings(BaseSettings):
    """What the operator decides. Field descriptions are the text of `.env.example`."""

    model_config = SettingsConfigDict(env_prefix="WEIR_", toml_file="weir.toml", extra="ignore", frozen=True)

    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(default=8000, ge=0, le=65535, description="Port to listen on; 0 picks a free one.")
    home: Path = Field(default=Path(".weir"), description="Folder of all state: database, lock, logs.")
    auth: Auth = Field(default=Auth.OPEN, description="Who may call: `open` allows anybody, on loopback only.")
    providers: Providers = Field(
        default=Providers.AUTO,
        description="`auto` calls the providers that have a key (the sandbox where none has), `sandbox` never leaves "
        "this machine.",
    )
    database_url: str | None = Field(
        default=None, description="postgresql://... for PostgreSQL; without it, SQLite in the home folder."
    )
    public_url: str | None = Field(
        default=None,
        description="The URL that clients use, where it differs from host and port, such as behind a proxy.",
    )
    allowed_hosts: Words = Field(
        default=[], description="Further Host header values to accept, separated by commas; the port may be `*`."
    )
    allowed_origins: Words = Field(default=[], description="Further browser origins to accept, separated by commas.")
    max_body_bytes: int = Field(default=1_048_576, ge=1024, description="Largest request body accepted, in bytes.")
    order: Words = Field(
        default=[],
        description="Providers in the order to ask them, separated by commas; those not named follow, cheapest first.",
    )
    enable: Words = Field(
        default=[], description="Providers to switch on that are off by default, separated by commas."
    )
    limit_per_call: Optional = Field(
        default=100, ge=0, description="Most credits that one call may cost; `none` switches the limit off."
    )
    limit_per_member_day: Optional = Field(
        default=500, ge=0, description="Most credits that one member may spend in a day (UTC)."
    )
    limit_per_workspace_month: Optional = Field(
        default=5000, ge=0, description="Most credits that a workspace may spend in a calendar month (UTC)."
    )
    approval_above: Optional = Field(
        default=100, ge=0, description="Calls that may cost more credits than this need a person's approval."
    )
    call_seconds: float = Field(default=45, gt=0, le=45, description="Longest that a client waits for one call.")
    log_level: str = Field(default="warning", description="debug, info, warning or error.")

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


class ProviderSettings:
    """What the operator sets for one provider."""

    def __init__(self, name: str, hosts: Mapping[str, str], environment: Mapping[str, str] | None = None) -> None:
        values = os.environ if environment is None else environment
        upper = name.upper()
        self.key = values.get(f"{upper}_API_KEY", "").strip() or None
        self.hosts = {host: values.get(base_url_variable(name, host), url) for host, url in hosts.items()}
        self.usd_per_credit = _amount(values, f"WEIR_{upper}_USD_PER_CREDIT")
        self.per_minute = _amount(values, f"WEIR_{upper}_PER_MINUTE")


def base_url_variable(provider: str, host: str) -> str:
    """The environment variable that overrides a base URL, such as `WEIR_LEADIQ_PROSPECTOR_BASE_URL`."""
    middle = "" if host == "default" else f"_{host.upper()}"
    return f"WEIR_{provider.upper()}{middle}_BASE_URL"


def _amount(values: Mapping[str, str], variable: str) -> float | None:
    text = values.get(variable, "").strip()
    if not text:
        return None
    try:
        amount = float(text)
    except ValueError:
        amount = -1.0
    if amount <= 0:
        raise InvalidInput(f"{variable} is {text!r}, which is not a positive number.", field=variable)
    return amount


def load(**overrides: Any) -> Settings:
    """The settings in force; `InvalidInput` names the variable and what is wrong with it."""
    try:
        settings = Settings(**{name: value for name, value in overrides.items() if value is not None})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = ".".join(str(part) for part in first["loc"])
        raise InvalidInput(
            f"The setting WEIR_{name.upper()} is wrong: {first['msg']}.",
            field=name,
            fix=f"Correct WEIR_{name.upper()} in the environment or {name} in weir.toml.",
        ) from error
    if settings.auth is Auth.OPEN and not settings.loopback:
        raise InvalidInput(
            f"Weir will not listen on {settings.host} with open access: anybody who reaches it could spend the "
            "workspace's credits.",
            field="host",
            fix="Set WEIR_HOST=127.0.0.1, or put a proxy that authenticates people in front of the loopback address.",
        )
    return settings
