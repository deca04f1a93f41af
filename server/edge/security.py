"""Which names MCP may be reached under, and which sites' pages may ask it."""

from __future__ import annotations

from urllib.parse import urlsplit

from mcp.server.transport_security import TransportSecuritySettings

from server.domain.site import LOCAL
from server.settings import Settings


def transport_security(settings: Settings, url: str) -> TransportSecuritySettings:
    """Host and Origin values that may reach MCP: loopback names, the public URL, and what the operator adds."""
    public = urlsplit(url)
    hosts = [form for host in LOCAL for form in (host, f"{host}:*")]
    origins = [form for host in LOCAL for form in (f"http://{host}", f"http://{host}:*")]
    return TransportSecuritySettings(
        allowed_hosts=[*hosts, public.netloc, *settings.allowed_hosts],
        allowed_origins=[*origins, f"{public.scheme}://{public.netloc}", *settings.allowed_origins],
    )
