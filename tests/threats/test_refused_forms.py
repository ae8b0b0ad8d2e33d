"""Every form with a payload in each of its fields at once: refused in words, what was typed shown as text.

Passwords are never shown again.
"""

import io
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
import sqlalchemy as sa
from wtforms import FileField, PasswordField
from wtforms.fields.core import UnboundField

from app.models import Account, SignInAttempt
from app.services import accounts, members
from app.web.form import BaseForm
from tests.conftest import Standing
from tests.threats.fields import kinds
from tests.threats.inert import read
from tests.threats.payloads import PAYLOADS, carried, names, sent, typed
from tests.threats.world import World, opened
from tests.web.places import Place, client_of, make_place, make_world

pytestmark = pytest.mark.timeout(1200)
SECRET = "zq9words"  # too short, so that nobody is signed in by it

#: Form -> where it is sent.
SENT_TO: dict[str, Callable[[dict[str, Any]], str]] = {
    "ArtworkForm": lambda at: f"/studio/shows/{at['show']}/artwork",
    "CommunityForm": lambda at: f"/studio/communities/{at['community']}/edit",
    "CodeForm": lambda _: "/sign-in/code",
    "ConfirmAppForm": lambda _: "/account/second-step/app",
    "ConsentForm": lambda at: f"/studio/episodes/{at['episode']}/consent",
    "CreditForm": lambda at: f"/studio/episodes/{at['episode']}/people",
    "CurrentPasswordForm": lambda _: "/account/organisation/disconnect",
    "EmailForm": lambda _: "/account/email",
    "EpisodeForm": lambda at: f"/studio/episodes/{at['episode']}/edit",
    "JoinForm": lambda at: at["invitation"],
    "MemberForm": lambda at: f"/studio/communities/{at['community']}/members",
    "NameForm": lambda _: "/account",
    "NewAccountForm": lambda _: "/studio/accounts",
    "OwnerForm": lambda at: at["welcome"],
    "PasswordForm": lambda _: "/account/password",
    "PasskeyForm": lambda _: "/account/second-step/passkeys/ask",
    "PersonForm": lambda at: f"/studio/people/{at['person']}",
    "ProofForm": lambda _: "/account/second-step/recovery-codes",
    "RecoveryForm": lambda _: "/sign-in/recovery",
    "ResetForm": lambda _: "/reset",
    "ScheduleForm": lambda at: f"/studio/episodes/{at['episode']}/schedule",
    "SeasonForm": lambda at: f"/studio/shows/{at['show']}/seasons",
    "SentenceForm": lambda at: f"/studio/episodes/{at['episode']}/transcript/0",
    "ShowForm": lambda at: f"/studio/shows/{at['show']}/edit",
    "SignInForm": lambda _: "/sign-in",
    "StartForm": lambda at: at["reset"],
    "TokenForm": lambda _: "/account/tokens/new",
    "UploadForm": lambda _: "/studio/upload",
}
#: Forms of those who are not signed in.
STRANGERS = frozenset(("JoinForm", "OwnerForm", "ResetForm", "SignInForm", "StartForm"))
#: Forms after which nothing of what was typed is seen: it is taken, or it is nobody's business.
TELL_NOTHING = names(
    """
    ArtworkForm CodeForm ConfirmAppForm CurrentPasswordForm NameForm OwnerForm PasskeyForm PasswordForm
    ProofForm RecoveryForm ResetForm SentenceForm StartForm
    """
)
#: Of those that have no fields of their own.
BARE = frozenset(("AccountForm", "StudioForm", "PlainForm"))


def fields_of(form: type[BaseForm]) -> dict[str, type[Any]]:
    """The form's own fields."""
    made = {name: getattr(form, name) for name in dir(form)}
    return {name: field.field_class for name, field in made.items() if isinstance(field, UnboundField)}


FORMS = {form.__name__: fields_of(form) for form in kinds() if form.__name__ not in BARE}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, standing: Standing) -> Iterator[World]:
    """A service with one of everything."""
    with opened(standing(tmp_path_factory.mktemp("forms"))) as world:
        yield world


@pytest.fixture(scope="module")
def at(service: World) -> dict[str, Any]:
    """The parts of its addresses."""
    place: Place = make_place(service.session, make_world(service.session))
    settings, now = service.backends.settings, service.backends.clock()
    owner = service.session.scalars(sa.select(Account).where(Account.is_owner)).first()
    assert owner is not None
    reset = accounts.reset_link(place.other, settings.secret, settings.public_url, now.replace(year=2036))
    found = {
        "show": place.episode.show.slug,
        "community": place.episode.show.community.slug,
        "episode": place.episode.id,
        "person": place.free_person.id,
        "invitation": members.link(place.invitation, settings.secret, "").removeprefix(
            "http://127.0.0.1:8000"
        ),
        "reset": reset.removeprefix(settings.public_url),
        "welcome": "/welcome/x",
    }
    service.session.commit()
    return found


def test_every_form_is_sent_somewhere() -> None:
    assert FORMS.keys() == SENT_TO.keys()


def _body(form: dict[str, type[Any]], text: str) -> dict[str, Any]:
    """The text in each field; a file has it as its name, too."""
    said: dict[str, Any] = {
        field: sent(SECRET if issubclass(kind, PasswordField) else text) for field, kind in form.items()
    }
    if not any(issubclass(kind, FileField) for kind in form.values()):
        return {"data": urlencode(said), "content_type": "application/x-www-form-urlencoded"}
    plain = text.encode("utf-8", "replace").decode()
    files = {field: (io.BytesIO(b"x"), plain) for field, kind in form.items() if issubclass(kind, FileField)}
    return {"data": dict.fromkeys(form, plain) | files, "content_type": "multipart/form-data"}


@pytest.mark.parametrize("name", sorted(SENT_TO))
def test_a_form_of_payloads_is_refused_and_shown_as_text(
    service: World, at: dict[str, Any], name: str
) -> None:
    path = SENT_TO[name](at)
    service.session.execute(sa.delete(SignInAttempt))  # of the forms before
    service.session.commit()
    stranger, token = client_of(service.app, None)
    shown = 0
    for number, payload in enumerate(PAYLOADS):
        text = typed(payload, f"x{number:02}q")
        client, csrf = (stranger, token) if name in STRANGERS else (service.owner, service.token)
        answer = client.post(
            path,
            **_body(FORMS[name], text),
            headers={"X-CSRFToken": csrf},
            environ_base={"REMOTE_ADDR": f"198.51.{number}.7"},
        )
        assert answer.status_code in (200, 302, 404, 409, 422, 429), (payload, answer.status_code)
        if answer.status_code == 302:
            assert answer.headers["Location"].startswith("/")
            continue
        reading = read(answer.mimetype, answer.data)
        assert reading.dangers == [], payload
        assert SECRET not in answer.text
        shown += carried(text) in reading.words

    assert shown >= 10 or name in TELL_NOTHING, shown


@pytest.mark.parametrize("path", ["/studio/notes/preview", "/studio/communities/new", "/sign-in", "/account"])
def test_a_form_without_its_token_is_shown_as_text(service: World, path: str) -> None:
    for number, payload in enumerate(PAYLOADS):
        text = typed(payload, f"x{number:02}q")
        body = urlencode({"title": sent(text), "notes": sent(text), sent(text): "x"})

        answer = service.owner.post(path, data=body, content_type="application/x-www-form-urlencoded")

        assert answer.status_code == 400, payload
        reading = read(answer.mimetype, answer.data)
        assert reading.dangers == [], payload
        if path.startswith("/studio"):
            assert f"x{number:02}q" in reading.words, payload


def test_notes_are_previewed_without_what_acts(service: World) -> None:
    for number, payload in enumerate(PAYLOADS):
        answer = service.post(
            "/studio/notes/preview", notes=typed(payload, f"x{number:02}q"), duration_ms="60000"
        )

        assert answer.status_code == 200
        assert read(answer.mimetype, answer.data).dangers == [], payload
