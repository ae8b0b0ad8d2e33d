"""What a page lets people do: its forms with their fields, and its links."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from lxml import html

from tests.walk.asked import FORM


@dataclass
class Field:
    """One name of a form, with everything that the page says of it."""

    name: str
    kind: str
    value: str = ""
    options: list[str] = field(default_factory=list)
    maxlength: int | None = None
    is_on: bool = False


@dataclass
class Form:
    """Where it goes, how, and with what."""

    target: str
    method: str
    enctype: str
    fields: list[Field]


def tree_of(body: bytes) -> tuple[Any, list[str]]:
    """The page, and what is wrong with its syntax (libxml2 knows no element of HTML 5: that is no fault)."""
    parser = html.HTMLParser(encoding="utf-8", huge_tree=True)
    tree = html.document_fromstring(body or b"<html></html>", parser=parser)
    log: Any = parser.error_log  # type: ignore[attr-defined]  # the stubs do not know it
    return tree, [entry.message for entry in log if entry.type_name != "HTML_UNKNOWN_TAG"]


def forms_of(tree: Any, here: str) -> list[Form]:
    """Every form of a page at this address, in its order."""
    return [
        Form(
            local(form.get("action") or here),
            (form.get("method") or "get").upper(),
            form.get("enctype") or FORM,
            _fields(form),
        )
        for form in tree.iterfind(".//form")
    ]


def links_of(tree: Any) -> list[str]:
    """Every link to a place of this service, once each."""
    found = (local(link.get("href")) for link in tree.iterfind(".//a[@href]"))
    return list(dict.fromkeys(target for target in found if target.startswith("/")))


def local(address: str) -> str:
    """Path and query of an address of ours; "" for others."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    if parts.netloc not in ("", "127.0.0.1:8000") or parts.scheme not in ("", "http"):
        return ""
    return parts.path + (f"?{parts.query}" if parts.query else "")


def _fields(form: Any) -> list[Field]:
    found: list[Field] = []
    choices: dict[str, Field] = {}
    buttons: list[Field] = []
    for tag in form.iter("input", "select", "textarea", "button"):
        name, kind = tag.get("name"), _kind(tag)
        if not name or name == "csrf_token":
            continue
        value = (tag.text or "") if tag.tag == "textarea" else tag.get("value", "")
        made = Field(name, kind, value, maxlength=_number(tag))
        if kind == "submit":
            buttons.append(made)
        elif kind in ("radio", "checkbox"):
            if name not in choices:
                choices[name] = made
                found.append(made)
            _add_choice(choices[name], tag)
        else:
            if kind == "select":
                _choose(made, tag)
            found.append(made)
    return [*found, *_one_button(buttons)]


def _add_choice(field: Field, tag: Any) -> None:
    field.options.append(tag.get("value", "on"))
    if tag.get("checked") is not None:
        field.value, field.is_on = field.options[-1], True


def _choose(field: Field, tag: Any) -> None:
    field.options = [option.get("value", option.text or "") for option in tag.iter("option")]
    chosen: Sequence[Any] = tag.xpath(".//option[@selected]")
    field.value = chosen[0].get("value", "") if chosen else next(iter(field.options), "")


def _one_button(buttons: list[Field]) -> list[Field]:
    """The buttons of a form as one choice of its first name."""
    if not buttons:
        return []
    first = buttons[0]
    first.options = [button.value for button in buttons if button.name == first.name]
    return [first]


def _kind(tag: Any) -> str:
    if tag.tag == "input":
        return str(tag.get("type", "text"))
    if tag.tag == "button":
        return "submit"
    return str(tag.tag)


def _number(tag: Any) -> int | None:
    text = tag.get("maxlength") or ""
    return int(text) if text.isdigit() else None
