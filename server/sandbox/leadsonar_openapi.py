"""LeadSonar's OpenAPI 3.0 document."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string"}
_TEXT_OR_NULL: Schema = {"type": "string", "nullable": True}
_NUMBER: Schema = {"type": "number"}
_INTEGER: Schema = {"type": "integer"}
_FLAG: Schema = {"type": "boolean"}


def _object(required: tuple[str, ...] = (), **fields: Schema) -> Schema:
    schema: Schema = {"type": "object", "properties": fields}
    return {**schema, "required": list(required)} if required else schema


def _list(items: Schema, **limits: int) -> Schema:
    return {"type": "array", "items": items, **limits}


_NAMED: Schema = {"first_name": _TEXT, "last_name": _TEXT, "domain": _TEXT, "linkedin_url": _TEXT}
_WHO = _object(("first_name", "last_name", "domain"), **_NAMED)
_CONTACT = _object(("first_name", "last_name", "domain"), **_NAMED, company_name=_TEXT)
_FIELDS = _list({"type": "string", "enum": ["email", "phone"]})
_ENRICH = _object(("contacts",), contacts=_list(_CONTACT, minItems=1, maxItems=100), fields=_FIELDS, webhook_url=_TEXT)
_FOUND_EMAIL = _object(
    email=_TEXT_OR_NULL, confidence=_NUMBER, provider=_TEXT_OR_NULL, verified=_FLAG, cost_credits=_NUMBER
)
_FOUND_PHONE = _object(
    phone=_TEXT_OR_NULL, phone_type=_TEXT_OR_NULL, provider=_TEXT_OR_NULL, validated=_FLAG, cost_credits=_NUMBER
)
_SUBMITTED = _object(id=_TEXT, status=_TEXT, total_contacts=_INTEGER, estimated_seconds=_INTEGER)
_ENRICHED = _object(
    first_name=_TEXT,
    last_name=_TEXT,
    domain=_TEXT,
    email=_TEXT_OR_NULL,
    email_confidence=_NUMBER,
    phone=_TEXT_OR_NULL,
    phone_type=_TEXT_OR_NULL,
    providers_used=_list(_TEXT),
)
_JOB = _object(
    id=_TEXT,
    status={"type": "string", "enum": ["processing", "completed"]},
    progress=_object(total=_INTEGER, completed=_INTEGER, emails_found=_INTEGER, phones_found=_INTEGER),
    contacts=_list(_ENRICHED),
    meta=_object(total_cost_usd=_NUMBER, duration_ms=_INTEGER),
)
_CREDITS = _object(balance=_INTEGER, total_earned=_INTEGER, total_spent=_INTEGER)
_PROVIDER = _object(name=_TEXT, type=_TEXT, tier=_TEXT, enabled=_FLAG)
_PROVIDERS = _object(providers=_list(_PROVIDER), total_enabled=_INTEGER)


def document() -> Schema:
    """The whole document."""
    paths = {
        "/find-email": {"post": _operation("findEmail", _FOUND_EMAIL, body=_WHO)},
        "/find-phone": {"post": _operation("findPhone", _FOUND_PHONE, body=_WHO)},
        "/enrich": {"post": _operation("enrich", _SUBMITTED, body=_ENRICH, status="201")},
        "/enrich/{id}": {"get": _operation("getEnrichment", _JOB, path="id")},
        "/credits": {"get": _operation("getCredits", _CREDITS)},
        "/providers": {"get": _operation("listProviders", _PROVIDERS)},
    }
    key = {"type": "apiKey", "in": "header", "name": "X-API-Key"}
    return {
        "openapi": "3.0.3",
        "info": {"title": "LeadSonar API", "version": "1.0.0"},
        "servers": [{"url": "https://api.leadsonar.com/api/v1"}],
        "security": [{"ApiKeyAuth": []}],
        "components": {"securitySchemes": {"ApiKeyAuth": key}},
        "paths": paths,
    }


def _operation(
    name: str, answer: Schema, *, body: Schema | None = None, path: str | None = None, status: str = "200"
) -> Schema:
    failure = {"description": "Refused", "content": _content(_object(error=_TEXT))}
    operation: Schema = {
        "operationId": name,
        "responses": {status: {"description": "Done", "content": _content(answer)}, "default": failure},
    }
    if body:
        operation["requestBody"] = {"required": True, "content": _content(body)}
    if path:
        operation["parameters"] = [{"name": path, "in": "path", "required": True, "schema": _TEXT}]
    return operation


def _content(schema: Schema) -> Schema:
    return {"application/json": {"schema": schema}}
