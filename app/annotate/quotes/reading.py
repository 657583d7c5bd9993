"""One document prepared for the rules: quotations, sentences and paragraphs by token."""

import re
from bisect import bisect_left

from spacy.tokens import Doc, Token

from app.annotate.quotes.marks import Quotation, find_quotations

_STOPS = frozenset(".?!…") | {"...", "....", ". . .", "?!", "!!", "??"}
_CLOSERS = frozenset("\"'”’»)]") | {"''"}
# "PARIS, France (AP) —" at the head of a paragraph stands before its first sentence.
_DATELINE = re.compile(r"[A-Z][A-Z.'’ -]+(?:,[^\n()—–]{1,40})?(?:\s*\([^)\n]{1,30}\))?\s*(?:—|–|--?)(?=\s)")
_LONGEST_SENTENCE = 500  # tokens; keeps every rule linear on a text without a full stop


class Reading:
    """Tokens with the quotation, sentence and paragraph that they stand in.

    Sentences end at final punctuation outside quotation marks; a quotation belongs to one sentence
    with the words that attribute it. They are half-open token ranges.
    """

    def __init__(self, doc: Doc) -> None:
        self.tokens: list[Token] = list(doc)
        self.text = "".join([token.text_with_ws for token in self.tokens])  # doc.text makes all tokens anew
        self.starts = [token.idx for token in self.tokens]
        self.quotations = find_quotations(self.text)
        self.quotation_at = self._quotation_by_token()
        self.paragraph_at, self.sentence_at, self.sentences = self._divide()

    def __len__(self) -> int:
        return len(self.tokens)

    def token_at(self, offset: int) -> int:
        """Index of the first token that starts at ``offset`` or after it."""
        return bisect_left(self.starts, offset)

    def outside(self, index: int) -> bool:
        """Whether the token stands outside all quotation marks."""
        return self.quotation_at[index] < 0

    def follows_quotation(self, index: int) -> bool:
        """Whether the token comes straight after closing quotation marks."""
        return index > 0 and self.outside(index) and not self.outside(index - 1)

    def before(self, quotation: Quotation) -> Token | None:
        """The last word or mark before ``quotation``."""
        index = self.token_at(quotation.start) - 1
        while index >= 0 and self.tokens[index].is_space:
            index -= 1
        return self.tokens[index] if index >= 0 else None

    def in_sentence(self, token: Token, quotation: Quotation) -> bool:
        """Whether ``token`` and the beginning of ``quotation`` stand in one sentence."""
        return self.sentence_at[token.i] == self.sentence_at[self.token_at(quotation.start)]

    def in_paragraph(self, token: Token, quotation: Quotation) -> bool:
        """Whether ``token`` and the beginning of ``quotation`` stand in one paragraph."""
        return self.paragraph_at[token.i] == self.paragraph_at[self.token_at(quotation.start)]

    def sentence_of(self, index: int) -> tuple[int, int]:
        return self.sentences[self.sentence_at[index]]

    def end_of(self, index: int) -> int:
        """Offset one past the token at ``index``."""
        token = self.tokens[index]
        return self.starts[index] + len(token)

    def _quotation_by_token(self) -> list[int]:
        inside = [-1] * len(self.tokens)
        for number, quotation in enumerate(self.quotations):
            first, last = self.token_at(quotation.start), self.token_at(quotation.end)
            for index in range(first, last):
                inside[index] = number
        return inside

    def _divide(self) -> tuple[list[int], list[int], list[tuple[int, int]]]:
        paragraphs, sentences, ranges = [], [], []
        paragraph = first = headed = 0
        for index in range(len(self.tokens)):
            broken = index > 0 and "\n" in self.tokens[index - 1].text
            paragraph += broken
            if broken or index == 0:
                headed = self._after_dateline(index)
            if index > first and (index == headed or broken or self._starts_sentence(index, first)):
                ranges.append((first, index))
                first = index
            paragraphs.append(paragraph)
            sentences.append(len(ranges))
        ranges.append((first, len(self.tokens)))
        return paragraphs, sentences, ranges

    def _after_dateline(self, index: int) -> int:
        match = _DATELINE.match(self.text, self.starts[index])
        return self.token_at(match.end()) if match else index

    def _starts_sentence(self, index: int, first: int) -> bool:
        if index - first >= _LONGEST_SENTENCE:
            return True
        token, before = self.tokens[index], self.tokens[index - 1]
        here, there = self.quotation_at[index], self.quotation_at[index - 1]
        if here >= 0 and here == there:
            return False
        opening = self._opening(here) if here >= 0 else token.text
        if opening in _CLOSERS or opening.isspace() or opening[:1].islower():
            return False
        if there >= 0:
            quotation = self.quotations[there]
            return self.text[quotation.inner_end - 1 : quotation.inner_end] in ".?!…"
        if before.text in _CLOSERS and index > 1:
            before = self.tokens[index - 2]
        return before.text in _STOPS or bool(token.is_sent_start and before.text[-1:] == ".")

    def _opening(self, number: int) -> str:
        start = self.quotations[number].inner_start
        return self.text[start : start + 1]
