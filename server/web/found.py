"""What is told of a file that has just been brought."""

from __future__ import annotations

from server.batches import showing
from server.batches.files.facts import FileFacts
from server.batches.intake import take_in
from server.batches.uploads import Upload
from server.domain.bulk_job import BulkUpload, MappingView
from server.domain.bulk_order import BulkOrder
from server.domain.errors import InvalidInput
from server.domain.money import FREE

_NEXT = "Go back to your assistant, which goes on with it and says first what it would cost."


def found(upload: Upload, facts: FileFacts) -> BulkUpload:
    """The file, its first rows, and the enrichment that its columns suggest; no estimate, which takes its time."""
    return BulkUpload(
        upload_id=upload.id,
        next=_NEXT,
        file=showing.file(upload.name, facts),
        mapping=_suggested(upload, facts),
        sample=showing.sample(facts),
        warnings=tuple(facts.warnings),
    )


def _suggested(upload: Upload, facts: FileFacts) -> MappingView | None:
    try:
        return showing.mapping(take_in(facts, BulkOrder(FREE, upload.id), upload.kind))
    except InvalidInput:
        # Nothing says which enrichment is meant; the person will.
        return None
