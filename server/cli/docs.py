"""`weir docs`: rewrites what documents repeat of the code, so that nothing is typed twice."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from typing import cast

import click

from prompts import PROMPTS
from resources import RESOURCES
from resources.pricing import BY_ROW
from server.catalog import Catalog, read_providers
from server.cli.clients import connect_table
from server.cli.examples import examples
from server.cli.transcript import transcript
from server.domain.markdown import table
from server.domain.money import plain
from server.domain.query import AnyQuery
from server.edge.tool import Registry, Tool
from server.manifest import Manifest
from server.provider_settings import base_url_variable, provider_variables
from server.sandbox import magic, world
from server.settings import Settings, Untouched
from tools import SURFACE

ROOT = Path(__file__).parent.parent.parent


@click.command()
@click.option("--check", is_flag=True, help="Change nothing; exit 1 where a document is stale.")
def docs(*, check: bool) -> None:
    """Rewrite the generated parts of README.md, docs/ and deploy/.env.example."""
    stale = {path: text for path, text in generated() if not path.exists() or path.read_text() != text}
    for path, text in stale.items():
        if check:
            click.echo(f"{path.relative_to(ROOT)} is stale; run: weir docs", err=True)
        else:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
            click.echo(f"wrote {path.relative_to(ROOT)}")
    if check and stale:
        sys.exit(1)


def generated() -> Iterable[tuple[Path, str]]:
    """Every generated document with the text that it ought to have."""
    providers = read_providers()
    manifests = [provider.manifest for provider in providers.values()]
    on = [name for name, provider in providers.items() if provider.manifest.enabled]
    catalog = Catalog(providers, ready=on, today=lambda: date.max)
    registry = Registry(SURFACE.tools())
    readme = ROOT / "README.md"
    defaults = Untouched()
    parts = {
        "transcript": transcript,
        "connect": lambda: connect_table(f"http://{defaults.host}:{defaults.port}/mcp"),
        "tools": lambda: tools_table(registry, catalog),
        "prompts": prompts_table,
        "resources": lambda: resources_table(catalog),
        "settings": settings_table,
        "providers": lambda: providers_table(manifests),
    }
    yield readme, with_parts(readme.read_text(), parts)
    sandbox = ROOT / "docs" / "sandbox.md"
    yield sandbox, with_parts(sandbox.read_text(), {"coverage": world.coverage_table, "outcomes": magic.table})
    yield ROOT / "deploy" / ".env.example", env_example(manifests)
    for name, page in examples().items():
        yield ROOT / "docs" / "examples" / name, page


def with_parts(text: str, parts: dict[str, Callable[[], str]]) -> str:
    """`text` with each `<!-- name -->...<!-- /name -->` block filled anew."""
    for name, make in parts.items():
        opening, closing = f"<!-- {name} -->", f"<!-- /{name} -->"
        before, found, rest = text.partition(opening)
        _, closed, after = rest.partition(closing)
        if not (found and closed):
            raise click.ClickException(f"the markers {opening} and {closing} are missing")
        text = f"{before}{opening}\n{make()}\n{closing}{after}"
    return text


def tools_table(registry: Registry, catalog: Catalog) -> str:
    """Every tool with what it does, whom it asks, and at which price."""
    heads = ("tool", "what it does", "asks, in order (credits for a hit)")
    return table(heads, ((f"`{tool.name}`", tool.summary, _asked(tool, catalog)) for tool in registry))


def _asked(tool: Tool, catalog: Catalog) -> str:
    if tool.order is not None:
        return BY_ROW
    plan = tool.planned(tool.example)
    steps = plan.steps if plan is not None else ()
    if not tool.costs:
        return _free(catalog, *([type(step.query) for step in steps] if tool.asks is None else [tool.asks]))
    return " + ".join(
        ", ".join(f"{catalog.title(offer.provider)} {plain(offer.expected):g}" for offer in catalog.offers(step.query))
        for step in steps
    )


def _free(catalog: Catalog, *kinds: type[AnyQuery]) -> str:
    able = {one.provider.name for kind in kinds for one in catalog.offerings(kind)}
    return ", ".join([*map(catalog.title, sorted(able & catalog.ready)), "free"])


def prompts_table() -> str:
    """Every prompt with its arguments."""
    rows = ((f"`{one.name}`", one.description, _quoted(one.arguments.model_fields)) for one in PROMPTS)
    return table(("prompt", "what it does", "arguments"), rows)


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def resources_table(catalog: Catalog) -> str:
    """Every resource with its other addresses, and whom it asks."""
    rows = (
        (_quoted(one.uris), one.description, _free(catalog, *([one.asks] if one.asks else []))) for one in RESOURCES
    )
    return table(("resource", "what it holds", "asks"), rows)


def settings_table() -> str:
    """Every `WEIR_*` setting with its default."""
    rows = (
        (f"`WEIR_{name.upper()}`", _default(field.default), field.description or "")
        for name, field in Settings.model_fields.items()
    )
    return table(("variable", "default", "meaning"), rows)


def _default(value: object) -> str:
    shown = _spelt(value)
    return f"`{shown}`" if shown else ""


def _spelt(value: object) -> str:
    """A default as one writes it into a variable; nothing where there is none."""
    match value:
        case None:
            return ""
        case list():
            return ",".join(map(str, cast("list[object]", value)))
        case _:
            return str(value).lower() if isinstance(value, bool) else str(value)


def providers_table(manifests: Iterable[Manifest]) -> str:
    """Every provider with the variables that configure it."""
    rows = (
        (
            f"[{manifest.title}]({manifest.docs})",
            f"`{manifest.environment}`",
            _quoted(base_url_variable(manifest.name, host) for host in manifest.hosts),
            "on" if manifest.enabled else "off",
        )
        for manifest in manifests
    )
    return table(("provider", "key", "base URL override", "default"), rows)


def env_example(manifests: Iterable[Manifest]) -> str:
    """`.env.example`: every variable, commented out at its default."""
    lines = ["# Generated by `weir docs` from the settings and the providers' manifests.", ""]
    for name, field in Settings.model_fields.items():
        lines += [
            *_comment(field.description or ""),
            f"#WEIR_{name.upper()}={_spelt(field.default)}",
            "",
        ]
    for manifest in manifests:
        lines += [f"# {manifest.title}: {manifest.docs}", f"#{manifest.environment}="]
        lines += [f"#{base_url_variable(manifest.name, host)}={url}" for host, url in manifest.hosts.items()]
        lines += [f"#{variable}=" for variable in provider_variables(manifest.name, ())[1:]]
        lines.append("")
    return "\n".join(lines)


def _comment(text: str) -> list[str]:
    return [f"# {line}" for line in textwrap.wrap(text, 110)]
