"""Correcting: people decide about mentions, quotes and entities. Whatever is decided can be undone.

A decision is kept, with its author and time, and so is what it was made about: the words, or the entity. What it
brings about is made from what annotators say and all decisions that hold, so that it does not matter which came first.
"""

from app.services.correcting.entities import add_entity, decide_about_entity
from app.services.correcting.listing import get_decision, list_decisions, version
from app.services.correcting.undoing import undo
from app.services.correcting.words import decide_about_words

__all__ = [
    "add_entity",
    "decide_about_entity",
    "decide_about_words",
    "get_decision",
    "list_decisions",
    "undo",
    "version",
]
