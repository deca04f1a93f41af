"""The only reader of the environment and of `weir.toml`.

Every setting is `WEIR_<NAME>` in the environment or `<name>` in `weir.toml` (the environment wins).
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches
from enum import StrEnum
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from server.domain.errors import InvalidInput
from server.domain.principal import scope_rules
from server.domain.site import is_loopback, is_url
from server.provider_settings import ProviderSettings


class Auth(StrEnum):
    """Who may call."""

    OPEN = "open"
    """Anybody who reaches the port: loopback only."""
    BUILTIN = "builtin"
    """People who sign in here: Weir is its own authorization server."""
    EXTERNAL = "external"
    """Bearers of tokens from the operator's own identity provider."""


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


def _networks(words: list[str]) -> list[str]:
    for word in words:
        ip_network(word, strict=False)
    return words


def _words(value: object) -> object:
    return value.replace(",", " ").split() if isinstance(value, str) else value


def _none_for_off(value: object) -> object:
    return None if isinstance(value, str) and value.strip().lower() in ("", "none", "off") else value


def _url(value: str | None) -> str | None:
    if value and not is_url(value):
        raise ValueError("it is not a URL that starts with http:// or https://")
    return value.rstrip("/") if value else None


def _origin(value: str | None) -> str | None:
    """The URL as browsers write it, who send it along with forms: in lower case, and without the scheme's own port."""
    url = _url(value)
    if url is None:
        return None
    parts = urlsplit(url)
    usual_port = ":443" if parts.scheme == "https" else ":80"
    return parts._replace(netloc=parts.netloc.lower().removesuffix(usual_port)).geturl()


def _rules(words: list[str]) -> list[str]:
    scope_rules(words)
    return words


Words = Annotated[list[str], NoDecode, BeforeValidator(_words)]
Limit = Annotated[Annotated[float, Field(ge=0, allow_inf_nan=False)] | None, BeforeValidator(_none_for_off)]


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
    auth: Auth = Field(
        default=Auth.OPEN,
        description="Who may call: `open` allows anybody, on loopback only; `builtin` people who sign in here; "
        "`external` bearers of tokens from your identity provider. Personal keys work with both of the latter.",
    )
    access_token_minutes: int = Field(
        default=10, ge=1, le=60, description="How long an access token is valid; clients renew it by themselves."
    )
    refresh_token_days: int = Field(
        default=30, ge=1, le=365, description="How long a connection stays that nobody uses."
    )
    advertise_iss: bool = Field(
        default=True,
        description="Announce that authorization responses name their issuer (RFC 9207). Switch it off only for "
        "clients that fail over it, such as Codex 0.146; the parameter is sent all the same.",
    )
    advertise_client_documents: bool = Field(
        default=True,
        description="Announce that a document on the web can say what a client is. Switch it off where this server "
        "cannot reach the internet to read it; Claude Code and Codex register then.",
    )
    register_clients: bool = Field(
        default=True, description="Let clients register themselves (RFC 7591); older ones need it."
    )
    oidc_issuer: Annotated[str | None, AfterValidator(_url)] = Field(
        default=None,
        description="Let people sign in through this OpenID provider as well, such as https://accounts.google.com.",
    )
    oidc_client_id: str | None = Field(default=None, description="The client ID that the OpenID provider gave Weir.")
    oidc_client_secret: SecretStr | None = Field(default=None, description="The client secret that goes with it.")
    oidc_domains: Words = Field(
        default=[],
        description="E-mail domains whose people may sign in through the OpenID provider without having been added, "
        "separated by commas.",
    )
    external_issuer: Annotated[str | None, AfterValidator(_url)] = Field(
        default=None, description="With `external`: the issuer of the tokens, as in their `iss` claim."
    )
    external_audiences: Words = Field(
        default=[],
        description="With `external`: further `aud` values to accept beside this server's own URL, separated "
        "by commas.",
    )
    external_scopes: Annotated[Words, AfterValidator(_rules)] = Field(
        default=[],
        description="With `external`: what the provider's scopes and roles stand for, such as `sales=enrich:spend`, "
        "separated by commas; Weir's own scope names stand for themselves, but for `admin`.",
    )
    external_workspace_claim: str | None = Field(
        default=None, description="With `external`: the claim that names the workspace; without it, `default`."
    )
    trusted_proxies: Annotated[Words, AfterValidator(_networks)] = Field(
        default=[],
        description="Addresses or networks of proxies whose X-Forwarded-For is believed, separated by commas; it "
        "counts sign-in attempts and nothing else.",
    )
    providers: Providers = Field(
        default=Providers.AUTO,
        description="`auto` calls the providers that have a key (the sandbox where none has), `sandbox` never leaves "
        "this machine.",
    )
    database_url: str | None = Field(
        default=None, description="postgresql://... for PostgreSQL; without it, SQLite in the home folder."
    )
    public_url: Annotated[str | None, AfterValidator(_origin)] = Field(
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
    limit_per_call: Limit = Field(
        default=100, description="Most credits that one call may cost; `none` switches the limit off."
    )
    limit_per_member_day: Limit = Field(
        default=500, description="Most credits that one member may spend in a day (UTC)."
    )
    limit_per_workspace_month: Limit = Field(
        default=5000, description="Most credits that a workspace may spend in a calendar month (UTC)."
    )
    approval_above: Limit = Field(
        default=100, description="Calls that may cost more credits than this need a person's approval."
    )
    use_bulk_after: Annotated[Annotated[int, Field(ge=1)] | None, BeforeValidator(_none_for_off)] = Field(
        default=25,
        description="Single paid calls of one tool by one member within ten minutes, after which the tool points to "
        "bulk jobs; `none` lets them go on.",
    )
    bulk_kept_days: int = Field(
        default=30, ge=1, le=3650, description="How long the rows and results of a bulk job are kept once it is over."
    )
    open_uploads: int = Field(
        default=20,
        ge=1,
        description="Uploads that a member may have open at a time: links that wait for a file, and files that no job "
        "uses yet.",
    )
    webhook_hosts: Words = Field(
        default=[],
        description="Hosts that webhooks may reach at private addresses, other ports and over plain http, separated by "
        "commas.",
    )
    toolsets: Words = Field(
        default=["all"],
        description="Tools to serve: `all`, `essentials`, or families such as `contact` and `jobs`, separated by "
        "commas; the account tools come with every choice.",
    )
    read_only: bool = Field(default=False, description="Serve only tools that cost and change nothing.")
    aliases: bool = Field(default=False, description="Serve tools also under the names that older servers gave them.")
    call_seconds: float = Field(default=45, gt=0, le=45, description="Longest that a client waits for one call.")
    key: SecretStr | None = Field(
        default=None, description="The personal key that `weir call` and `weir preview` send to a running server."
    )
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
        return is_loopback(self.host)

    @property
    def database(self) -> str:
        """The database URL in force."""
        return self.database_url or f"sqlite:///{(self.home / 'weir.db').resolve()}"

    def provider(self, name: str, hosts: Mapping[str, str]) -> ProviderSettings:
        """What the environment says of one provider."""
        return ProviderSettings(name, hosts, os.environ)


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


def setting_variables() -> tuple[str, ...]:
    """Every environment variable that is not a provider's."""
    return tuple(f"WEIR_{name.upper()}" for name in Settings.model_fields)


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
    _refuse_half_an_identity(settings)
    _refuse_half_an_openid_provider(settings)
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


def _refuse_half_an_identity(settings: Settings) -> None:
    """Tokens name the server by its URL, so it has to be known; and they can be of one known issuer only."""
    url, issuer = urlsplit(settings.public_url or ""), settings.external_issuer
    if settings.auth is Auth.OPEN:
        return
    if not url.netloc and not settings.loopback:
        raise InvalidInput(
            f"Weir will not listen on {settings.host} without its public URL: tokens are issued for that URL.",
            field="public_url",
            fix="Set WEIR_PUBLIC_URL to the URL that clients use, such as https://weir.example.com, without a path.",
        )
    if url.path:
        raise InvalidInput(
            f"WEIR_PUBLIC_URL is {settings.public_url}, and clients that sign people in expect no path in it.",
            field="public_url",
            fix="Give Weir a host name of its own, and leave the path out.",
        )
    if settings.auth is Auth.EXTERNAL and not (issuer and _unforgeable(issuer)):
        raise InvalidInput(
            f"WEIR_AUTH is external, and WEIR_EXTERNAL_ISSUER is {issuer or 'not set'}.",
            field="external_issuer",
            fix="Set it to the https:// URL of your identity provider, as in the iss claim of its tokens.",
        )


def _refuse_half_an_openid_provider(settings: Settings) -> None:
    """All of its settings, or none; and nobody on the way may say who people are."""
    given = {name: getattr(settings, name) for name in ("oidc_issuer", "oidc_client_id", "oidc_client_secret")}
    missing = [name for name, value in given.items() if value is None]
    if missing and len(missing) < len(given):
        raise InvalidInput(
            f"The OpenID provider is set up by halves: WEIR_{missing[0].upper()} is not set.",
            field=missing[0],
            fix=f"Set it, or take WEIR_{next(name for name in given if name not in missing).upper()} away.",
        )
    if settings.oidc_issuer and not _unforgeable(settings.oidc_issuer):
        raise InvalidInput(
            f"WEIR_OIDC_ISSUER is {settings.oidc_issuer}, which anybody on the way can forge.",
            field="oidc_issuer",
            fix="Set it to the https:// URL of your OpenID provider.",
        )


def _unforgeable(url: str) -> bool:
    """Whether nobody on the way can put keys of their own into what is fetched there."""
    return url.startswith("https://") or is_loopback(urlsplit(url).hostname or "")
