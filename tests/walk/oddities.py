"""Methods, content types, bodies and headers that no page of ours sends."""

METHODS = (
    "GET",
    "HEAD",
    "POST",
    "PUT",
    "PATCH",
    "DELETE",
    "OPTIONS",
    "TRACE",
    "CONNECT",
    "PROPFIND",
    "get",
    "X",
)
KINDS = (
    "", "text/plain", "application/xml", "application/json; charset=utf-16", "application/json",
    "text/html",
    "multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=----walk",
    "multipart/form-data; boundary=\"\x80\"", "multipart/mixed; boundary=x", "application/octet-stream",
    "application/x-www-form-urlencoded; charset=x", "application/csp-report", ";", "\xff/\xff", "a" * 3000,
)  # fmt: skip
RAW = (
    "", "\0" * 50, "{" * 5000, "[" * 20_000, '{"a":' * 3000, "<a>", "------walk", "------walk--",
    "&" * 3000,
    '------walk\r\nContent-Disposition: form-data; name="title"\r\n\r\nno end',
    '------walk\r\nContent-Disposition: form-data; name="a\r\nb"\r\n\r\nx\r\n------walk--\r\n',
    '------walk\r\nContent-Disposition: form-data; filename="x"\r\n\r\nx\r\n------walk--\r\n',
    "------walk\r\nContent-Disposition: form-data\r\n\r\nx\r\n------walk--\r\n",
    "------walk\r\n\r\nx\r\n------walk--\r\n",
    "------walk\r\n" + "X: y\r\n" * 500 + "\r\nx\r\n------walk--\r\n",
    "=&=&=%&%=%zz", "title=\xff\xfe&title=%ff", "a=1;b=2", "\xef\xbb\xbf{}", '"\\ud800"', "1e999", "NaN",
    "-" * 2000,
)  # fmt: skip
HEADERS = (
    ("Accept", "application/json"), ("Accept", "\xff"), ("Accept", "*/*;q=x"),
    ("Accept-Language", "\0" * 40),
    ("Accept-Language", "cy"), ("Range", "bytes=0-1,5-"), ("Range", "bytes=99-"),
    ("If-None-Match", '"\xff'),
    ("If-Modified-Since", "Sun, 99 Foo 99999 99:99:99 GMT"), ("If-Range", "x"), ("Referer", "http://[::1"),
    ("Host", "evil.example"), ("Host", ""), ("Host", "127.0.0.1:99999"),
    ("X-Forwarded-Host", "evil.example"),
    ("X-HTTP-Method-Override", "DELETE"), ("Origin", "null"), ("Sec-Fetch-Site", "cross-site"),
    ("User-Agent", "\xe9\x00" * 300), ("Authorization", "Basic !!!"), ("Authorization", "Bearer \xff"),
    ("Cookie", "hearth=x"), ("Cookie", "=;;hearth;" + "a=b;" * 900), ("Cookie", "hearth=\xff.\xff.\xff"),
    ("Content-Encoding", "gzip"), ("Expect", "100-continue"), ("Authentication-Token", "x"),
    ("X-CSRFToken", "x"),
)  # fmt: skip
STEPS = (
    "0",
    "-1",
    "00",
    "999999999",
    "9999999999",
    "٣",
    "%00",
    "%2e%2e",
    ".",
    "%2f",
    "%ff%fe",
    "%ed%a0%80",
    "%0d%0aX-Walk: 1",
)

#: Values that JSON has and our calls do not ask for.
JSON_VALUES: tuple[object, ...] = (
    5, 10**30, -1, 1.5, None, True, [], {}, [[]], {"a": {}}, [None], [{"number": "x"}], [{}] * 40,
    "9" * 5000,
)  # fmt: skip

#: Names that pages of ours read from the address.
QUERIES = (
    "page",
    "q",
    "from",
    "to",
    "t",
    "format",
    "url",
    "next",
    "show",
    "community",
    "maxwidth",
    "csv",
    "days",
)
