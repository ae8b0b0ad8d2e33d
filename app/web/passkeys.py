"""Passkeys: adding one to one's own account, and signing in by one. The browser's side is js/passkeys.js.

Each begins with a challenge that waits in the session and is taken out of it by the first answer.
"""

from flask import (
    Blueprint,
    Flask,
    after_this_request,
    flash,
    jsonify,
    render_template,
    request,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

from app.backends import Backends
from app.errors import Conflict, Invalid, NotAllowed
from app.mail import Letter
from app.models import Account
from app.services import audit, passkeys
from app.services.audit import Subject
from app.services.passkeys import Answer, Place
from app.web.account import begin_session, home, own_path, signed_in
from app.web.account_forms import PasskeyForm
from app.web.current import backends, settings
from app.web.factors import renew_sessions
from app.web.letters import send_after
from app.web.proof import PASSKEY, ask_again, prove
from app.web.session import current_session

bp = Blueprint("passkeys", __name__)

NOWHERE = "Passkeys work only where this service is reached by https and by a name."
TOO_OLD = "That took too long, or was begun in another window. Try once more."
COPIED = (
    "This passkey was refused: its device says that it has been used elsewhere, as if somebody had "
    "copied it. Sign in with your password, remove the passkey, and add it anew."
)


def register(app: Flask, _backends: Backends) -> None:
    """Open these routes."""
    app.register_blueprint(bp)


@bp.get("/account/second-step/passkeys/new")
def new() -> ResponseReturnValue:
    """What a passkey is, what this one is called, and the button that makes it."""
    account, form = signed_in(), PasskeyForm(formdata=None)
    ask_again(form, account)
    return render_template(
        "account/passkey_new.html", form=form, place=passkeys.place_of(settings().public_url)
    )


@bp.post("/account/second-step/passkeys/ask")
def ask_to_add() -> ResponseReturnValue:
    """Check the name, and the password where it is asked; then what the browser needs to make a passkey."""
    account, place, form = signed_in(), _place(), PasskeyForm()
    ask_again(form, account)
    if not form.validate_on_submit():
        raise Invalid({name: str(errors[0]) for name, errors in form.errors.items() if name})
    prove(form, account)
    name = passkeys.checked_name(form.name.data)
    challenge = passkeys.new_challenge()
    options = passkeys.options_to_add(current_session(), account, place, settings().service_name, challenge)
    _keep("add", challenge, name=name, account=account)
    return jsonify(options)


@bp.post("/account/second-step/passkeys")
def add() -> ResponseReturnValue:
    """Keep the passkey that the browser has made."""
    account, place = signed_in(), _place()
    challenge, name = _waiting("add", account)
    passkeys.add(current_session(), account, place, name, _sent("credential"), challenge, backends().clock())
    letter = renew_sessions(account, "added a passkey")
    flash(f"The passkey “{name}” has been added. Other devices have been signed out.")
    answer = jsonify({"to": url_for("factors.show")})
    current_session().commit()
    return send_after(answer, letter)


@bp.post("/sign-in/passkey/ask")
def ask_to_sign_in() -> ResponseReturnValue:
    """What the browser needs to look for a passkey; the same for everybody."""
    challenge = passkeys.new_challenge()
    options = passkeys.options_to_sign_in(_place(), challenge)
    _keep("sign in", challenge)
    return jsonify(options)


@bp.post("/sign-in/passkey")
def sign_in() -> ResponseReturnValue:
    """Sign in whoever has answered: the device asked for PIN, finger or face, so nothing more is asked."""
    database, now, place = current_session(), backends().clock(), _place()
    challenge, _name = _waiting("sign in", None)
    answered = passkeys.answered(database, place, _sent("credential"), challenge, now)
    account = answered.account
    if answered.is_copy:
        _tell_of_copy(answered)
        raise NotAllowed(COPIED)
    destination = own_path(str(_sent("next") or ""))
    begin_session(account, PASSKEY)
    answer_to = jsonify({"to": destination or home()})
    database.commit()
    return answer_to


def _tell_of_copy(answered: Answer) -> None:
    """An audit entry, which stays whatever is answered, and a letter behind the answer."""
    database, account = current_session(), answered.account
    what = "was refused: a passkey may have been copied"
    audit.add(database, account, what, Subject(account.name), backends().clock())
    text = render_template("account/passkey_copied.txt", name=account.name, passkey=answered.passkey.name)
    database.commit()
    letter = Letter(account.email, f"A passkey for {settings().service_name}", text)
    after_this_request(lambda answer: send_after(answer, letter))


def _place() -> Place:
    place = passkeys.place_of(settings().public_url)
    if place is None:
        raise Conflict(NOWHERE)
    return place


def _sent(name: str) -> object:
    """A value of the JSON that was sent."""
    said = request.get_json(silent=True)
    return said.get(name) if isinstance(said, dict) else None


def _keep(purpose: str, challenge: bytes, *, name: str = "", account: Account | None = None) -> None:
    session["challenge"] = {
        "for": purpose,
        "account": account.id.hex if account else "",
        "bytes": bytes_to_base64url(challenge),
        "name": name,
        "until": int((backends().clock() + passkeys.CHALLENGE_HOLDS).timestamp()),
    }


def _waiting(purpose: str, account: Account | None) -> tuple[bytes, str]:
    """The challenge that waits in this session, and the name; taken out of it. Raises Invalid."""
    kept = session.pop("challenge", None)
    now_s = int(backends().clock().timestamp())
    whose = account.id.hex if account else ""
    if not kept or (kept["for"], kept["account"]) != (purpose, whose) or kept["until"] <= now_s:
        raise Invalid({"passkey": TOO_OLD})
    return base64url_to_bytes(kept["bytes"]), str(kept["name"])
