"""The name by which an entity goes: the fullest form of the text, in natural case."""

from collections.abc import Sequence

from app.annotate.entities.gazetteer import is_known
from app.annotate.entities.lexicon import words
from app.names import fold


def preferred(forms: Sequence[str], label: str) -> str:
    """The most frequent of ``forms`` that is not all capitals; else the first one, in natural case."""
    natural = [form for form in forms if not form.isupper()]
    if natural:
        return max(natural, key=lambda form: (natural.count(form), len(form)))
    return natural_case(forms[0], label)


def natural_case(form: str, label: str) -> str:
    """ "Almaty" for "ALMATY"; acronyms keep their capitals."""
    spelt_out = " " in form or label == "PERSON" or is_known(fold(form))
    if not spelt_out or "." in form or len(form) < 4:
        return form
    first, *rest = form.lower().split(" ")
    small = words("links")
    return " ".join([first.capitalize(), *(word if word in small else word.capitalize() for word in rest)])
