"""The widget in which a person brings a file, says what is to be found, and watches the bulk job."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from importlib import resources
from typing import Any

from server.edge.resource import WIDGET, resource
from server.edge.tool import Caller

_SCRIPTS = ("host.js", "page.js", "chart.js", "bring.js", "check.js", "follow.js", "start.js")
"""In the order in which they build on each other, after what the upload page has as well."""


def _meta(caller: Caller) -> Mapping[str, Any]:
    """What the page may reach, which is this server alone, and at Claude the origin that it is shown from."""
    ui: dict[str, Any] = {"csp": {"connectDomains": [caller.url], "resourceDomains": []}, "prefersBorder": True}
    if "claude" in caller.principal.client.lower():
        # Claude's own form; other hosts have other forms or refuse an origin that is not theirs.
        ui["domain"] = f"{sha256(f'{caller.url}/mcp'.encode()).hexdigest()[:32]}.claudemcpcontent.com"
    return {"ui": ui}


@resource("ui://weir/upload", title="Bulk upload", mime_type=WIDGET, minutes=60, shared=False, meta=_meta)
async def upload(_: Caller) -> str:
    """A form for hosts that show MCP Apps: bring a file, see what it would cost, start the bulk job and follow it."""
    return _page()


@cache
def _page() -> str:
    """One page with everything in it, because hosts let it load nothing."""
    folder = resources.files("resources").joinpath("widget")
    shared = resources.files("server.web").joinpath("templates", "sending.js")
    page, style = (folder.joinpath(name).read_text(encoding="utf-8") for name in ("upload.html", "upload.css"))
    scripts = (shared, *map(folder.joinpath, _SCRIPTS))
    script = "\n".join(one.read_text(encoding="utf-8") for one in scripts)
    return page.replace("/* style */", style).replace("/* script */", f'(() => {{\n"use strict";\n{script}}})();')
