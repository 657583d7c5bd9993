"""What a DATE means, relative to the day of publication."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.annotate.entities.dates import date_value

TUESDAY = date(2011, 11, 1)


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("Monday", "2011-10-31"),
        ("Tuesday", "2011-11-01"),
        ("Wednesday", "2011-10-26"),
        ("Monday's", "2011-10-31"),
        ("Monday night", "2011-10-31"),
        ("last Tuesday", "2011-10-25"),
        ("next Monday", "2011-11-07"),
        ("Oct. 21", "2011-10-21"),
        ("21 October", "2011-10-21"),
        ("Friday, Oct. 21", "2011-10-21"),
        ("Dec. 5", "2010-12-05"),
        ("October 21st, 2009", "2009-10-21"),
        ("the 3rd of May 1999", "1999-05-03"),
        ("2009-10-21", "2009-10-21"),
        ("March 4 last year", "2010-03-04"),
        ("August", "2011-08"),
        ("December", "2010-12"),
        ("last November", "2010-11"),
        ("next March", "2012-03"),
        ("Sept. 2003", "2003-09"),
        ("June of 1944", "1944-06"),
        ("March this year", "2011-03"),
        ("early June", "2011-06"),
        ("today", "2011-11-01"),
        ("yesterday", "2011-10-31"),
        ("tomorrow", "2011-11-02"),
        ("last month", "2011-10"),
        ("this month", "2011-11"),
        ("next month", "2011-12"),
        ("last week", "2011-W43"),
        ("this year", "2011"),
        ("earlier this year", "2011"),
        ("the end of 2008", "2008"),
        ("1986", "1986"),
        ("three days ago", "2011-10-29"),
        ("two weeks ago", "2011-W42"),
        ("a year ago", "2010"),
        ("10 months ago", "2011-01"),
    ],
)
def test_the_day_of_publication_decides(words: str, value: str) -> None:
    assert date_value(words, TUESDAY) == value


@pytest.mark.parametrize(
    "words", ["every year", "daily", "24-year-old", "Feb. 30", "many years ago", "99999 years ago", "the 1970s", ""]
)
def test_what_is_undecidable_has_no_value(words: str) -> None:
    assert date_value(words, TUESDAY) is None


@pytest.mark.parametrize(
    ("words", "value"),
    [("Friday", "2011-11-04"), ("Tuesday", "2011-11-01"), ("Dec. 5", "2011-12-05"), ("March", "2012-03")],
)
def test_a_verb_in_the_future_turns_bare_dates_forward(words: str, value: str) -> None:
    assert date_value(words, TUESDAY, future=True) == value


@pytest.mark.parametrize(
    ("words", "value"), [("October 21, 2009", "2009-10-21"), ("May 1999", "1999-05"), ("1986", "1986")]
)
def test_an_absolute_date_needs_no_day_of_publication(words: str, value: str) -> None:
    assert date_value(words, None) == value


@pytest.mark.parametrize("words", ["Monday", "Oct. 21", "last month", "August", "May 3 last year", "two weeks ago"])
def test_a_relative_date_without_a_day_of_publication_has_no_value(words: str) -> None:
    assert date_value(words, None) is None


@given(st.text(max_size=30), st.dates() | st.none(), st.booleans())
def test_any_words_have_an_answer(words: str, published: date | None, future: bool) -> None:
    value = date_value(words, published, future)
    assert value is None or value[:4].isdigit()


@given(st.sampled_from(["Monday", "Friday", "Sunday"]), st.dates(date(1900, 1, 1), date(2100, 1, 1)))
def test_a_weekday_is_the_nearest_one_not_in_the_future(words: str, published: date) -> None:
    value = date_value(words, published)
    assert value is not None
    assert 0 <= (published - date.fromisoformat(value)).days < 7
