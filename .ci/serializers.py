"""How schemathesis sends lines of JSON: as the plain text that they are."""

import schemathesis

for media_type in ("application/jsonl", "application/x-ndjson", "application/json-lines"):
    schemathesis.serializer.alias(media_type, "text/plain")
