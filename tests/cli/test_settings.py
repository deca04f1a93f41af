"""Where settings come from, which one wins, and what is said of a wrong one."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.domain.errors import InvalidInput
from server.provider_settings import ProviderSettings
from server.settings import Settings, Untouched, load

pytestmark = pytest.mark.usefixtures("isolated")


def refusal(**options: object) -> InvalidInput:
    with pytest.raises(InvalidInput) as refused:
        load(**options)
    return refused.value


def toml(text: str) -> None:
    Path("weir.toml").write_text(text)


def test_the_command_line_beats_the_environment_which_beats_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load().port == 8000
    toml("port = 8001")
    assert load().port == 8001
    monkeypatch.setenv("WEIR_PORT", "8002")
    assert load().port == 8002
    assert load(port="8003").port == 8003
    assert load(port=None).port == 8002, "an option that was not given decides nothing"


def test_every_kind_of_value_can_be_given_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "WEIR_ORDER": "xmagnet, leadmagic",
        "WEIR_ENABLE": "leadcontact",
        "WEIR_LIMIT_PER_CALL": "none",
        "WEIR_LIMIT_PER_MEMBER_DAY": "12.5",
        "WEIR_HOME": "~/weir",
        "WEIR_PUBLIC_URL": "https://weir.example/",
        "WEIR_LOG_LEVEL": "info",
        "WEIR_DATABASE_URL": "",
    }.items():
        monkeypatch.setenv(name, value)
    settings = load()
    assert settings.order == ["xmagnet", "leadmagic"]
    assert settings.enable == ["leadcontact"]
    assert settings.limit_per_call is None
    assert settings.limit_per_member_day == 12.5
    assert settings.home == Path.home() / "weir"
    assert settings.public_url == "https://weir.example"
    assert settings.log_level == "info"
    assert settings.database == f"sqlite:///{Path.home() / 'weir' / 'weir.db'}", "an empty variable is not set"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("HTTPS://Weir.Example:443/", "https://weir.example"),
        ("http://Weir.example:80", "http://weir.example"),
        ("https://weir.example:80/Tools/", "https://weir.example:80/Tools"),
        ("http://[2001:DB8::1]:8000", "http://[2001:db8::1]:8000"),
    ],
)
def test_the_public_url_is_kept_as_browsers_write_it(given: str, kept: str) -> None:
    assert load(public_url=given).public_url == kept


def test_every_setting_can_stand_in_the_file() -> None:
    toml('home = "state"\norder = ["leadiq"]\nlimit_per_call = "none"\napproval_above = 20\nproviders = "sandbox"')
    settings = load()
    assert (settings.home, settings.order, settings.limit_per_call) == (Path("state"), ["leadiq"], None)
    assert (settings.approval_above, settings.providers) == (20, "sandbox")


def test_limits_hold_unless_somebody_switches_them_off() -> None:
    settings = load()
    limits = (settings.limit_per_call, settings.limit_per_member_day, settings.limit_per_workspace_month)
    assert limits == (100, 500, 5000)
    assert settings.approval_above == 100


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("WEIR_PORT", "eighty", "should be a valid integer"),
        ("WEIR_PORT", "70000", "less than or equal to 65535"),
        ("WEIR_LIMIT_PER_CALL", "lots", "should be a valid number"),
        ("WEIR_LIMIT_PER_CALL", "-1", "greater than or equal to 0"),
        ("WEIR_LIMIT_PER_CALL", "inf", "finite number"),
        ("WEIR_CALL_SECONDS", "60", "less than or equal to 45"),
        ("WEIR_PROVIDERS", "real", "'auto' or 'sandbox'"),
        ("WEIR_LOG_LEVEL", "loud", "'debug', 'info', 'warning' or 'error'"),
        ("WEIR_PUBLIC_URL", "weir.example", "not a URL that starts with http:// or https://"),
    ],
)
def test_a_wrong_variable_is_named_with_what_it_means(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, said: str
) -> None:
    monkeypatch.setenv(variable, value)
    refused = refusal()
    name = variable.removeprefix("WEIR_").lower()
    assert refused.message.startswith(f"The setting {variable} is wrong: ")
    assert said in refused.message
    assert refused.field == name
    assert refused.fix == f"Correct it. What it means: {Settings.model_fields[name].description}"


def test_a_wrong_option_or_line_is_named_by_where_it_stands() -> None:
    assert refusal(port="x").message.startswith("The option --port is wrong: ")
    toml("port = 'x'")
    assert refusal().message.startswith("The setting port in weir.toml is wrong: ")


def test_a_misspelt_line_of_the_file_is_not_ignored() -> None:
    toml("limit_per_cal = 5")
    refused = refusal()
    assert refused.message == "weir.toml sets limit_per_cal, and there is no such setting."
    assert refused.fix == "Write limit_per_call."


def test_a_file_that_is_not_toml_is_refused_with_the_place() -> None:
    toml("port: 8000")
    refused = refusal()
    assert refused.message.startswith("weir.toml cannot be read: ")
    assert "line 1" in refused.message


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::", "weir.example", ""])
def test_open_access_beyond_loopback_is_refused(host: str) -> None:
    refused = refusal(host=host)
    assert refused.message.startswith(f"Weir will not listen on {host} with open access")
    assert refused.fix is not None
    assert "WEIR_HOST=127.0.0.1" in refused.fix


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1", "localhost"])
def test_open_access_on_loopback_is_allowed(host: str) -> None:
    assert load(host=host).host == host


def test_a_provider_is_configured_by_variables_that_follow_from_its_name() -> None:
    hosts = {"default": "https://api.leadiq.com", "prospector": "https://prospector.leadiq.com"}
    given = {
        "LEADIQ_API_KEY": " key ",
        "WEIR_LEADIQ_PROSPECTOR_BASE_URL": "http://127.0.0.1:9000/prospector/",
        "WEIR_LEADIQ_USD_PER_CREDIT": "0.15",
        "WEIR_LEADIQ_PER_MINUTE": "30",
    }
    leadiq = ProviderSettings("leadiq", hosts, given)
    assert leadiq.key == "key"
    assert leadiq.hosts == {"default": "https://api.leadiq.com", "prospector": "http://127.0.0.1:9000/prospector"}
    assert (leadiq.usd_per_credit, leadiq.per_minute) == (0.15, 30)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("WEIR_LEADMAGIC_BASE_URL", "api.leadmagic.io"),
        ("WEIR_LEADMAGIC_BASE_URL", "ftp://api.leadmagic.io"),
        ("WEIR_LEADMAGIC_USD_PER_CREDIT", "cheap"),
        ("WEIR_LEADMAGIC_USD_PER_CREDIT", "nan"),
        ("WEIR_LEADMAGIC_USD_PER_CREDIT", "inf"),
        ("WEIR_LEADMAGIC_PER_MINUTE", "0"),
    ],
)
def test_a_wrong_variable_of_a_provider_is_named(variable: str, value: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        ProviderSettings("leadmagic", {"default": "https://api.leadmagic.io"}, {variable: value})
    assert refused.value.field == variable
    assert refused.value.message.startswith(variable)
    assert refused.value.fix is not None
    assert refused.value.fix.startswith(f"Correct {variable}, or take it away")


def test_documents_are_made_whatever_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEIR_PORT", "9")
    monkeypatch.setenv("LEADMAGIC_API_KEY", "secret")
    toml("order = ['leadiq']")
    settings = Untouched()
    assert (settings.port, settings.order) == (8000, [])
    assert settings.provider("leadmagic", {"default": "https://api.leadmagic.io"}).key is None
