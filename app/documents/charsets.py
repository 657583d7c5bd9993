"""Which characters the bytes of a page are: by byte order mark, Content-Type, the page's own word, else UTF-8.

Names and what they stand for are those of the Encoding Standard (WHATWG): a page that says Latin-1 means
windows-1252. Charsets that shift by escape sequences are not read, since their bytes alone say nothing.
"""

import codecs
import re
from functools import cache

from app.errors import DocumentError

# The standard's name; Python's codec that decodes it; Python's codecs whose labels stand for it.
_TABLE = """
utf-8 utf_8
utf-16le utf_16_le utf_16
utf-16be utf_16_be
windows-874 cp874 tis-620 iso8859-11
windows-1250 cp1250
windows-1251 cp1251
windows-1252 cp1252 ascii iso8859-1
windows-1253 cp1253
windows-1254 cp1254 iso8859-9
windows-1255 cp1255
windows-1256 cp1256
windows-1257 cp1257
windows-1258 cp1258
iso-8859-2 iso8859-2
iso-8859-3 iso8859-3
iso-8859-4 iso8859-4
iso-8859-5 iso8859-5
iso-8859-6 iso8859-6
iso-8859-7 iso8859-7
iso-8859-8 iso8859-8
iso-8859-10 iso8859-10
iso-8859-13 iso8859-13
iso-8859-14 iso8859-14
iso-8859-15 iso8859-15
iso-8859-16 iso8859-16
ibm866 cp866
koi8-r koi8-r
koi8-u koi8-u
macintosh mac-roman
x-mac-cyrillic mac-cyrillic
gb18030 gb18030 gbk gb2312
big5 cp950 big5 big5hkscs
euc-jp euc_jp
shift_jis cp932 shift_jis
euc-kr cp949 euc_kr
"""
_ROWS = [row.split() for row in _TABLE.strip().splitlines()]
_CODECS = {name: codec for name, codec, *_ in _ROWS}

_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16le"), (codecs.BOM_UTF16_BE, "utf-16be"))
_PARAMETER = re.compile(r""";\s*charset\s*=\s*["']?(?P<label>[^\s"';]+)""", re.IGNORECASE)
_DECLARED = re.compile(
    rb"""<meta\s[^>]*?charset\s*=\s*["']?\s*(?P<meta>[^\s"'/>;]+)|\A\s*<\?xml\s[^>]*?encoding\s*=\s*["'](?P<xml>[^"']+)""",
    re.IGNORECASE,
)
# The standard looks at the first 1024 bytes; pages that say it later are read right by browsers all the same.
_DECLARED_WITHIN = 8192


def essence(media_type: str) -> str:
    """A media type without its parameters, in lower case."""
    return media_type.partition(";")[0].strip().lower()


def label_of(media_type: str) -> str | None:
    """The charset that a Content-Type names, as it names it."""
    found = _PARAMETER.search(media_type)
    return found["label"] if found else None


def charset_of(media_type: str) -> str | None:
    """The charset that a Content-Type names, in the standard's spelling; None when it names none that is known.

    DocumentError for one that is known and not read.
    """
    label = label_of(media_type)
    return _known(label) if label else None


def detect(data: bytes, media_type: str) -> tuple[str, bool]:
    """The charset of ``data``, sent as ``media_type``; and whether anything says so."""
    marked = next((name for mark, name in _MARKS if data.startswith(mark)), None)
    found = marked or charset_of(media_type) or _declared(data)
    return found or "utf-8", found is not None


def decode(data: bytes, charset: str) -> str:
    """The characters of ``data``; a byte that is none is a lone surrogate, so that ``encode`` gives it back.

    DocumentError where the charset has no room for that, as UTF-16 has none.
    """
    try:
        return data.decode(_CODECS[charset], "strict" if charset.startswith("utf-16") else "surrogateescape")
    except UnicodeDecodeError as error:
        raise DocumentError(f"byte {error.start} is not {charset}: {error.reason}") from error


def encode(text: str, charset: str) -> bytes:
    """The bytes that ``decode`` made ``text`` of."""
    return text.encode(_CODECS[charset], "surrogateescape")


def _declared(data: bytes) -> str | None:
    found = _DECLARED.search(data, 0, _DECLARED_WITHIN)
    if not found:
        return None
    name = _known((found["meta"] or found["xml"]).decode("ascii", "replace"))
    # A page that can be searched for its charset as ASCII is not in UTF-16, whatever it says.
    return "utf-8" if name and name.startswith("utf-16") else name


@cache
def _names() -> dict[str, str]:
    """By Python's name of a codec, the standard's: made when asked for, since it loads all codecs."""
    return {codecs.lookup(codec).name: name for name, *spelt in _ROWS for codec in spelt}


def _known(label: str) -> str | None:
    try:
        codec = codecs.lookup(label.strip()).name
    except (LookupError, ValueError):
        return None
    name = _names().get(codec)
    if name is None:
        raise DocumentError(f"the page is in {label}, which is not read: save it as UTF-8")
    return name
