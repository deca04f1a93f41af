"""`weir bulk`: a file of rows enriched from the shell."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from server.batches.kinds import KINDS
from server.cli.counter import Counter, counter
from server.cli.follow import export as write_out
from server.cli.follow import follow, format_of, in_words
from server.cli.options import HOME, PROVIDERS
from server.cli.shell import pairs
from server.cli.transfer import send
from server.domain.errors import InvalidInput
from server.settings import load

F = TypeVar("F", bound=Callable[..., Any])

_URL = click.option("--url", help="Another server.  [default: the one that owns the home, else one of its own]")
_KEY = click.option("--key", help="Personal key for the server.  [default: the setting WEIR_KEY]")


def _out(*, required: bool = False) -> Callable[[F], F]:
    """The option `--out`."""
    path = click.Path(dir_okay=False, path_type=Path)
    return click.option("--out", type=path, required=required, help="The file: .csv, .jsonl or .xlsx.")


def _somewhere(command: F) -> F:
    """The options that say where jobs are."""
    return HOME(_URL(_KEY(command)))


@click.group()
def bulk() -> None:
    """Run an enrichment over every row of a file, and follow and steer such jobs.

    Exits 0 where the job is complete, 1 where it was paused, cancelled or could not begin, 2 where nothing was done,
    and 130 where Ctrl-C paused it.
    """


@bulk.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--kind", type=click.Choice(list(KINDS)), required=True, help="The enrichment.")
@click.option("--map", "mapping", multiple=True, metavar="ROLE=COLUMN", help="A column that is not detected.")
@click.option("--max-credits", type=float, required=True, help="Most that the whole job may cost.")
@click.option("--limit-per-row", type=int, help="Answers per row; company_jobs and employee_finder need it.")
@click.option("--fresh", is_flag=True, help="Ask again also where an answer is stored.")
@click.option("--webhook", help="URL that is told when the job stops.")
@click.option("--yes", is_flag=True, help="Do not ask whether to begin.")
@_out()
@_somewhere
@PROVIDERS
def run(file: Path, out: Path | None, *, yes: bool, **options: Any) -> None:
    """Enrich the rows of FILE: shows what that would cost, asks, and writes FILE with new columns to --out.

    Ctrl-C pauses the job.
    """
    if out is not None:
        format_of(out)
    wanted = {
        name: options.pop(name) for name in ("kind", "mapping", "max_credits", "limit_per_row", "fresh", "webhook")
    }

    async def work(at: Counter) -> int:
        upload = await _brought(at, file, wanted)
        if not (yes or _confirmed()):
            return 2
        job = await at.call(
            "submit_detected_bulk_job",
            upload_id=upload,
            enrichment=wanted["kind"],
            mapping=pairs(wanted["mapping"]),
            max_credits=wanted["max_credits"],
            per_row_limit=wanted["limit_per_row"],
            force_refresh=wanted["fresh"],
            webhook_url=wanted["webhook"],
        )
        return await follow(at, job["job_id"], out)

    _work(work, **options)


async def _brought(at: Counter, file: Path, wanted: dict[str, Any]) -> str:
    """Bring the file, and print what the job would use of it and cost; the upload's id."""
    opened = await at.call("create_bulk_upload_session", enrichment=wanted["kind"], file_name=file.name)
    await asyncio.to_thread(send, file, opened["upload_url"])
    found = await at.call(
        "resolve_bulk_upload_mapping",
        upload_id=opened["upload_id"],
        enrichment=wanted["kind"],
        mapping=pairs(wanted["mapping"]),
        per_row_limit=wanted["limit_per_row"],
    )
    estimate = found.get("estimate")
    if estimate is None or estimate.get("problems"):
        raise InvalidInput(
            " ".join(estimate["problems"]) if estimate else found["next"],
            field="file",
            fix=f"The columns are {', '.join(found['file']['columns'])}.",
        )
    for column in found["mapping"]["columns"]:
        click.echo(f"{column['role']}: column {column['column']!r}")
    click.echo(_reckoned(estimate, wanted["max_credits"]))
    return opened["upload_id"]


def _reckoned(estimate: dict[str, Any], ceiling: float) -> str:
    free = {name: estimate[name] for name in ("cached", "duplicates", "invalid", "suppressed") if estimate[name]}
    unlocked = f", {estimate['unlocked']} of them unlocked already" if estimate["unlocked"] else ""
    rows = ", ".join((f"{estimate['to_ask']} to ask{unlocked}", *(f"{count} {name}" for name, count in free.items())))
    beginning = "the first " if estimate["partial"] else ""
    expected, most = (sum(estimate[name]["credits"].values()) for name in ("expected", "max"))
    cost = f"{expected:g} credits expected, {min(most, ceiling):g} at most"
    waits = " A person has to approve it." if estimate["needs_approval"] else ""
    return f"{beginning}{estimate['rows']} rows ({rows}): {cost}.{waits}"


def _confirmed() -> bool:
    if not sys.stdin.isatty():
        raise InvalidInput("Nobody is there to say yes.", field="yes", fix="Add --yes to begin without being asked.")
    return click.confirm("Begin?", err=True)


@bulk.command()
@click.argument("job")
@_out()
@_somewhere
@PROVIDERS
def resume(job: str, out: Path | None, **options: Any) -> None:
    """Go on with a paused JOB and follow it; Ctrl-C pauses it again."""
    if out is not None:
        format_of(out)

    async def work(at: Counter) -> int:
        await at.call("control_bulk_job", job_id=job, action="resume")
        return await follow(at, job, out)

    _work(work, **options)


@bulk.command("list")
@_somewhere
def list_(**options: Any) -> None:
    """Print the latest jobs: id, status, rows done, credits, enrichment and file, separated by tabs."""

    async def work(at: Counter) -> int:
        for one in (await at.call("list_bulk_jobs"))["jobs"]:
            rows = f"{one['settled']}/{one['rows']}"
            cells = (one["job_id"], one["status"], rows, f"{one['credits']:g}", one["enrichment"], one["name"])
            click.echo("\t".join(cells))
        return 0

    _work(work, **options)


@bulk.command()
@click.argument("job")
@_somewhere
def status(job: str, **options: Any) -> None:
    """Print where JOB stands."""

    async def work(at: Counter) -> int:
        click.echo(in_words(await at.call("get_bulk_job_status", job_id=job)))
        return 0

    _work(work, **options)


@bulk.command()
@click.argument("job")
@_somewhere
def pause(job: str, **options: Any) -> None:
    """Begin no further row of JOB."""
    _work(_steering(job, "pause"), **options)


@bulk.command()
@click.argument("job")
@_somewhere
def cancel(job: str, **options: Any) -> None:
    """End JOB for good; the rows that it has are kept."""
    _work(_steering(job, "cancel"), **options)


def _steering(job: str, action: str) -> Callable[[Counter], Awaitable[int]]:
    async def work(at: Counter) -> int:
        click.echo(in_words(await at.call("control_bulk_job", job_id=job, action=action)))
        return 0

    return work


@bulk.command()
@click.argument("job")
@_out(required=True)
@_somewhere
def export(job: str, out: Path, **options: Any) -> None:
    """Write the rows of JOB as they stand to --out."""
    format_of(out)

    async def work(at: Counter) -> int:
        await write_out(at, job, out)
        return 0

    _work(work, **options)


def _work(work: Callable[[Counter], Awaitable[int]], *, url: str | None, **options: Any) -> None:
    """Do `work` where the options say, and end the process with what it returns."""
    settings = load(**options)

    async def main() -> int:
        async with counter(settings, url) as at:
            return await work(at)

    sys.exit(asyncio.run(main()))
