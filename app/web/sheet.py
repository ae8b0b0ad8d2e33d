"""Tables as files that a spreadsheet opens: CSV whose cells are never taken for formulas (threats, T29)."""

import csv
import io
import unicodedata
from collections.abc import Iterable, Sequence

from flask import Response

#: Makes spreadsheets read the file as UTF-8.
_BYTE_ORDER_MARK = "\ufeff"
_BEGINS_FORMULA = "=+-@\t\r\n"


def csv_response(name: str, head: Sequence[str], rows: Iterable[Sequence[str | int]]) -> Response:
    """The table as a download called `name`.csv; of the name only letters, digits and hyphens are taken."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")  # RFC 4180
    writer.writerow([cell(one) for one in head])
    for row in rows:
        writer.writerow([one if isinstance(one, int) else cell(one) for one in row])
    plain = "".join(c for c in name if c.isascii() and (c.isalnum() or c == "-")) or "table"
    return Response(
        (_BYTE_ORDER_MARK + text.getvalue()).encode("utf-8", "replace"),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{plain}.csv"'},
    )


def cell(text: str) -> str:
    """The text, with an apostrophe before whatever some spreadsheet would calculate.

    Wide forms of the signs count, and so does what stands behind blanks and marks that nobody sees.
    """
    seen = "".join(c for c in text if unicodedata.category(c) not in ("Cc", "Cf", "Zs", "Zl", "Zp"))
    first = unicodedata.normalize("NFKC", seen[:1])[:1]
    if text[:1] in _BEGINS_FORMULA or (first and first in _BEGINS_FORMULA):
        return "'" + text if text else text
    return text
