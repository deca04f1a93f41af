"""LeadMagic, simulated: v1, v3 and the older routes (LeadMagic API reference)."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Scope

from server.sandbox.leadmagic import ads, company, job_lists, jobs, people_search, person, problem, usage, validation
from server.sandbox.leadmagic.problem import Problem


def routes() -> Sequence[Route]:
    """All routes, the busiest first."""
    modules = (validation, person, company, people_search, usage, jobs, ads, job_lists)
    return [endpoint.route() for module in modules for endpoint in module.ENDPOINTS]


_REFUSALS = {
    "rate-limited": (429, "rate_limit_exceeded", "Rate limit exceeded: 300 requests per 1 minute."),
    "server-error": (500, "internal_error", "Something went wrong on our end."),
    "unavailable": (503, "service_unavailable", "Service temporarily down."),
    "forbidden": (403, "insufficient_permissions", "API key lacks access to this resource."),
}


def refusal(name: str, scope: Scope) -> Response:
    """An outcome of kind `refusal` in LeadMagic's envelopes (C-19)."""
    if name == "error-old":
        return JSONResponse({"error": "Internal Server Error", "message": "Something went wrong on our end."}, 500)
    if name == "error-bare":
        found = Problem(500, "INTERNAL_ERROR", "Something went wrong on our end.")
        return JSONResponse({"errors": [found.error]}, 500)
    status, code, title = _REFUSALS[name]
    headers = {"Retry-After": "1"} if status == 429 else {}
    path = str(scope["path"]).removeprefix(str(scope.get("root_path", "")))
    return problem.response(Problem(status, code, title, headers=headers), path, f"req_{secrets.token_hex(6)}")
