"""What was said in a text, and by whom."""

from spacy.tokens import Doc

from app.annotate.entities import Named
from app.annotations import Metadata, Quote


def find_quotes(doc: Doc, named: Named, metadata: Metadata) -> tuple[Quote, ...]:
    """Every quotation in ``doc``, in text order."""
    raise NotImplementedError
