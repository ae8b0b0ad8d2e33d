"""Every place in which a person or a program can leave text: forms, parameters, columns.

Whoever adds one of them gives it a place here, or test_grid.py fails.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa
from wtforms import FileField, PasswordField, StringField
from wtforms.fields.core import UnboundField

from app.db import Base
from app.web.form import BaseForm
from app.web.search_places import _NAMES
from tests.threats.payloads import names as listed

WEB = Path(__file__).resolve().parents[2] / "app" / "web"

#: What a person types and the service keeps: the field, and the column that has it then.
KEPT: dict[str, str] = {
    "CommunityForm.name": "communities.name",
    "CommunityForm.summary": "communities.summary",
    "CommunityForm.domain": "communities.domain",
    "CommunityForm.community": "communities.community",
    "CommunityForm.practice": "communities.practice",
    "CommunityForm.learning_agenda": "communities.learning_agenda",
    "CommunityForm.links": "communities.links",
    "ShowForm.title": "shows.title",
    "ShowForm.description": "shows.description",
    "ShowForm.author": "shows.author",
    "ShowForm.copyright": "shows.copyright",
    "ShowForm.verify_text": "shows.verify_text",
    "ArtworkForm.artwork_alt": "shows.artwork_alt",
    "SeasonForm.name": "seasons.name",
    "PersonForm.public_name": "people.public_name",
    "PersonForm.about": "people.about",
    "EpisodeForm.title": "episodes.title",
    "EpisodeForm.summary": "episodes.summary",
    "EpisodeForm.notes": "episodes.notes",
    "EpisodeForm.content_note": "episodes.content_note",
    "CreditForm.new_name": "people.public_name",
    "ConsentForm.purpose": "consents.purpose",
    "ConsentForm.how_given": "consents.how_given",
    "ConsentForm.taken_by": "consents.taken_by",
    "SentenceForm.text": "segments.text",
    "NameForm.name": "accounts.name",
    "NewAccountForm.name": "accounts.name",
    "form title": "chapters.title",
    "json title": "uploads.title",
    "json file_name": "uploads.file_name",
}

#: Addresses: kept only where they are one (test_addresses.py), and then shown as they are.
ADDRESSES: dict[str, str] = {
    "CommunityForm.contact_email": "communities.contact_email",
    "ShowForm.owner_email": "shows.owner_email",
    "PersonForm.link": "people.link",
    "MemberForm.email": "invitations.email",
    "EmailForm.email": "accounts.email",
    "NewAccountForm.email": "accounts.email",
    "OwnerForm.email": "accounts.email",
}

#: Fields whose text is tried, and kept nowhere: it is shown again where it is refused, or leads somewhere.
TRIED = listed(
    """
    CodeForm.code ConfirmAppForm.code PasskeyForm.name RecoveryForm.code
    JoinForm.name OwnerForm.name ResetForm.email SignInForm.email SignInForm.next UploadForm.title
    TokenForm.name UploadForm.recording UploadForm.recording_id ArtworkForm.picture SentenceForm.transcript
    SentenceForm.revision
    """
)

#: Of a body without a form of ours: tried together, in every route that takes a body. The last two are
#: parts of addresses.
BODIES: dict[str, str] = {
    "form": "code community duration_ms episode iss notes public revision role seen start state sure title"
    " transcript",
    "json": "agreed episode file_name first_part_sha256 kind number sha256 show size_bytes title wish what"
    " wanted",
}

#: Of an address: on which page each is tried.
ASKED: dict[str, str] = {
    "page": "/studio/audit",
    "v": "/static/css/hearth.css",
    "format": "/search?q=a",
    "next": "/sign-in",
    "q": "/search",
    "community": "/search?q=a",
    "show": "/search?q=a",
    "person": "/search?q=a",
    "since": "/search?q=a",
    "until": "/search?q=a",
    "episode": "/search?q=a",
    "download": "/media/{guid}/{sound}",
    "url": "/oembed",
    "maxwidth": "/oembed?url={page}",
    "maxheight": "/oembed?url={page}",
    "frame": "/embed/{guid}",
    "invitation": "/sign-in/organisation",
    "code": "/sign-in/organisation/return",
    "error": "/sign-in/organisation/return",
    "state": "/sign-in/organisation/return",
}

#: Columns that no person fills: made by the service from its own words, hashes, names of machines.
OURS = listed(
    """
    app_codes.secret passkeys.transports recovery_codes.digest spent_challenges.digest
    api_tokens.scopes api_tokens.token_sha256
    accounts.password accounts.fs_uniquifier audit_entries.who audit_entries.what audit_entries.subject
    audit_entries.path communities.slug roles.name sign_in_attempts.subject spool_files.name
    workers.executor_id workers.figures workers.incarnation workers.taken_over_by shows.slug shows.language
    shows.category shows.subcategory shows.artwork_sha256 shows.spoken_language episodes.slug
    day_listeners.number draft_links.token_sha256 former_enclosures.sha256 former_enclosures.key
    notices.kind notices.text recordings.file_name recordings.key recordings.sha256 recordings.container
    recordings.codec recordings.inspection recordings.language recordings.reason
    recordings.agreement_version uploads.kind uploads.wish uploads.first_part_sha256
    uploads.store_upload uploads.agreement_version child_deaths.step child_deaths.last_words
    enclosures.key enclosures.sha256 enclosures.note enclosures.tags_digest enclosures.waveform
    identities.issuer identities.subject transcripts.language transcripts.engine windows.result
    """
)

#: Columns that a recording fills by what is said in it, the counter by what was searched for, a browser with
#: a passkey: set as if nobody had looked at the text before.
SET = ("segments.speaker", "unanswered_searches.words", "passkeys.name", "api_tokens.name")
HEARD = (*SET, "segments.machine_text", "segments.words")

FIELDS = (*KEPT, *SET)


def index(name: str) -> int:
    """The number by which a field is told apart in its word."""
    return FIELDS.index(name)


def kinds(form: type[BaseForm] = BaseForm) -> Iterator[type[BaseForm]]:
    """Every form that there is."""
    for kind in form.__subclasses__():
        yield kind
        yield from kinds(kind)


def text_fields() -> set[str]:
    """Form.field of all fields that take text, hidden and file fields too, but for passwords."""
    found = set()
    for form in kinds():
        for name in dir(form):
            made = getattr(form, name)
            if not isinstance(made, UnboundField) or issubclass(made.field_class, PasswordField):
                continue
            if issubclass(made.field_class, StringField | FileField):
                found.add(f"{form.__name__}.{name}")
    return found


def text_columns() -> set[str]:
    """table.column of all columns that can hold text."""
    return {
        f"{table.name}.{column.name}"
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, sa.String | sa.JSON) and not isinstance(column.type, sa.Enum)
    }


def parameters() -> set[tuple[str, str]]:
    """("form", "args" or "json", name) of whatever a view asks a request for by name."""
    found = set()
    for path in sorted(WEB.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            found |= set(_asked(node))
    return found | {("args", name) for name in _NAMES}


_SOURCES = {"request.form": "form", "request.args": "args", "args": "args", "said": "json"}


def _asked(node: ast.AST) -> Iterator[tuple[str, str]]:
    """`request.args.get("q")`, `"q" in request.args`, `_text(said, "title")`, `_pixels("maxwidth")`."""
    if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.In):
        source, names = _SOURCES.get(ast.unparse(node.comparators[0])), [node.left]
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        is_get = node.func.attr in ("get", "getlist")
        source, names = _SOURCES.get(ast.unparse(node.func.value)) if is_get else None, node.args[:1]
    elif isinstance(node, ast.Call) and node.args:
        source = _SOURCES.get(next((s for s in map(ast.unparse, node.args) if s in _SOURCES), ""))
        source, names = ("args", node.args) if ast.unparse(node.func) == "_pixels" else (source, node.args)
    else:
        return
    for name in names:
        if source and isinstance(name, ast.Constant) and isinstance(name.value, str):
            yield source, name.value
