"""Results and errors as the JSON that clients get, and the schema of it."""

from __future__ import annotations

from functools import cache
from typing import Any

from server.domain.errors import ApprovalRequired, WeirError
from server.domain.outcome import Outcome
from server.domain.person import Part as View
from server.domain.query import Answer
from server.domain.receipt import Receipt
from server.domain.result import Part, Result
from server.domain.views import ProvenanceView, ReceiptView
from server.edge import schema

Json = dict[str, Any]


class Envelope(View):
    """What every result has around its data, as far as schemas tell.

    Its `receipt`, and a lookup's `quality`, `provenance`, `parts` and `warnings` come with it; the server's
    instructions name them once.
    """

    outcome: Outcome


def result(of: Result[Any]) -> Json:
    """The structured content of a call that was carried out."""
    body = _answered(of.outcome, of.answer)
    if of.provenance is not None and of.provenance.provider:
        body["provenance"] = _dump(ProvenanceView.of(of.provenance))
    if of.parts:
        body["parts"] = [_part(part) for part in of.parts]
    if of.error is not None:
        body["error"] = _error(of.error)
    body["receipt"] = _dump(ReceiptView.of(of.receipt))
    return body


def _part(of: Part) -> Json:
    shown: Json = {"name": of.name, "outcome": of.outcome.value}
    return shown if of.error is None else {**shown, "error": of.error.message}


def free(answer: Answer | None, *, sandbox: bool) -> Json:
    """The structured content of a free tool."""
    outcome = Outcome.NOT_FOUND if answer is None else Outcome.FOUND
    return {**_answered(outcome, answer), "receipt": _dump(ReceiptView.of(Receipt(sandbox=sandbox)))}


def refusal(of: WeirError, *, sandbox: bool, url: str) -> Json:
    """The structured content of a call that was refused before anything was spent; people reach Weir at `url`."""
    nothing = _dump(ReceiptView.of(Receipt(sandbox=sandbox)))
    error = _error(of)
    if isinstance(of, ApprovalRequired):
        error["approval_url"] = f"{url}{of.approval.path}"
    return {"outcome": of.outcome.value, "error": error, "receipt": nothing}


@cache
def output_schema(answer: type[Answer]) -> schema.Schema:
    """The schema of a tool's structured content around `answer`; made once, as several tools share most of them."""
    envelope = schema.output_schema(Envelope)
    fields = answer.OUTLINE or answer.model_fields.keys() - Answer.ENVELOPE
    data = schema.output_schema(answer, fields=fields)
    return {**envelope, "properties": {**envelope["properties"], "data": data}}


def _answered(outcome: Outcome, answer: Answer | None) -> Json:
    body: Json = {"outcome": outcome.value}
    if answer is None:
        return body
    dumped = _dump(answer)
    envelope = {name: dumped.pop(name, None) for name in Answer.ENVELOPE}
    body["data"] = {name: _lean(value) for name, value in dumped.items()}
    if envelope["quality"].get("basis") != "none":
        body["quality"] = envelope["quality"]
    body |= {name: envelope[name] for name in ("provider_source", "record_id", "warnings") if envelope[name]}
    return body


def _lean(value: Any) -> Any:
    """Without the empty lists of what is nested: in hundreds of rows, what is not there is left out."""
    match value:
        case {**fields}:
            return {name: _lean(inner) for name, inner in fields.items() if inner != []}
        case [*rows]:
            return [_lean(row) for row in rows]
        case _:
            return value


def _error(of: WeirError) -> Json:
    shown: Json = {"code": of.code, "message": of.message, "retryable": of.retryable}
    if of.field is not None:
        shown["field"] = of.field
    if of.fix is not None:
        shown["fix"] = of.fix
    return shown


def _dump(part: View | Answer) -> Json:
    return part.model_dump(mode="json", exclude_none=True)
