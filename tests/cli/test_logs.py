"""What reaches standard error, and what must not."""

from __future__ import annotations

import logging
import re

import pytest

from server.cli.logs import Discreet, configure
from server.settings import LogLevel


def formatted(message: str, *values: object, error: BaseException | None = None) -> str:
    info = (type(error), error, error.__traceback__) if error is not None else None
    return Discreet().format(logging.LogRecord("mcp.server", logging.ERROR, __file__, 1, message, values, info))


def test_a_line_has_time_level_logger_and_message() -> None:
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00 ERROR mcp\.server it failed twice",
        formatted("it failed %s", "twice"),
    )


def test_addresses_and_numbers_are_blanked_out() -> None:
    line = formatted("no answer about %s, %s", "ada@stripe.com", "+1 415 555 0100")
    assert line.endswith("no answer about [email], [phone]")


def _nested() -> BaseException:
    """An error in a group, caused by another, with traces, as servers meet them."""

    def inner() -> None:
        raise ValueError("Ada Lovelace has the key s3cret")

    try:
        try:
            inner()
        except ValueError as error:
            raise ExceptionGroup("Ada", [RuntimeError("Lovelace")]) from error
    except ExceptionGroup as group:
        return group
    raise AssertionError


def test_an_error_shows_where_and_not_what() -> None:
    line = formatted("handler failed", error=_nested())
    assert line.count("\n") == 0
    assert "ExceptionGroup at test_logs.py:" in line
    assert "caused by RuntimeError" in line
    assert re.search(r"caused by ValueError at test_logs\.py:\d+ inner < test_logs\.py:\d+ _nested", line)
    assert [word for word in ("Ada", "Lovelace", "s3cret") if word in line] == []


@pytest.mark.parametrize("level", list(LogLevel))
def test_libraries_stay_quiet_below_warnings_at_every_level(
    loggers: None, level: LogLevel, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(level)
    for name in ("mcp.server", "httpx2", "uvicorn.error", "server.engine"):
        for number in (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR):
            logging.getLogger(name).log(number, "%s of %s", logging.getLevelName(number), name)
    written = [line.split()[1:3] for line in capsys.readouterr().err.splitlines()]
    ours = ["DEBUG", "INFO", "WARNING", "ERROR"][list(LogLevel).index(level) :]
    theirs = ["ERROR"] if level is LogLevel.ERROR else ["WARNING", "ERROR"]
    assert [verdict for verdict, name in written if name == "server.engine"] == ours
    assert [verdict for verdict, name in written if name == "mcp.server"] == theirs
    assert [verdict for verdict, name in written if name == "httpx2"] == theirs
