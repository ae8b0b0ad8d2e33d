"""Every change that a person makes leaves an audit entry, in the transaction of the change.

The entry is added when the request's session commits: a view cannot forget it, and what was not
committed leaves none. A table says the words for each route; a test holds it against all routes.
"""

from collections.abc import Callable, Mapping

import sqlalchemy as sa
from flask import Flask, g, request
from sqlalchemy import event
from sqlalchemy.orm import Session

from app.backends import Backends
from app.models import (
    Account,
    Community,
    Episode,
    Invitation,
    Person,
    Recording,
    Show,
    Upload,
)
from app.services import audit
from app.services.audit import Subject
from app.web.current import backends, current_account
from app.web.session import current_session

Words = str | Callable[[Mapping[str, object]], str]

_WISHES = {
    "now": "published it, or asked for it as soon as it can be heard",
    "when_ready": "asked to publish it when its transcript is ready",
    "none": "took back the wish to publish it",
}
_TAKEN = {"unpublish": "unpublished it", "withdraw": "withdrew it for good", "bin": "moved it to the bin"}

#: What is said of a change by each route.
WORDS: dict[str, Words] = {
    "joining.invitation": "joined",
    "joining.leave": "left",
    "joining.prove_email": "changed their e-mail address",
    "account.welcome": "became the owner of this service",
    "account.reset": "set a new password by a link",
    "account.rename": "changed their name",
    "tokens.take_back": "took an API token back",
    "studio.add_account": "made an account",
    "studio.set_roles": "changed a role",
    "studio.close_account": "closed an account",
    "studio.open_account": "opened an account again",
    "studio.take_off_factors": "took somebody's second step off",
    "studio.community_new": "added a community",
    "studio.community_edit": "edited the community",
    "studio.community_members": "invited somebody",
    "studio.invitation_take_back": "took an invitation back",
    "studio.member_role": "changed a role",
    "studio.community_people": "added a person",
    "studio.person": "edited a person",
    "studio.person_remove": "removed a person",
    "studio.show_new": "added a show",
    "studio.show_edit": "edited the show",
    "studio.show_artwork": "changed the picture",
    "studio.show_seasons": "changed the seasons",
    "studio.season_remove": "removed a season",
    "studio.episode_edit": "edited title and notes",
    "studio.episode_chapters": "edited the chapters",
    "studio.episode_publish": lambda said: _WISHES.get(str(said.get("wanted")), "published it"),
    "studio.episode_schedule": "chose when it becomes public",
    "studio.episodes_bulk": lambda said: f"changed several episodes at once ({said.get('what')})",
    "studio.draft_link_make": "made a draft link",
    "studio.draft_link_take_back": "took a draft link back",
    "studio.episode_take_back": lambda said: _TAKEN[str(said["what"])],
    "studio.episode_restore": "took it out of the bin",
    "studio.credit_add": "named somebody",
    "studio.credit_remove": "took somebody out of the credits",
    "studio.consent_add": "recorded a consent",
    "studio.consent_withdraw": "recorded that somebody no longer agrees",
    "studio.sentence": "corrected a sentence",
    "studio.transcript_checked": "marked the transcript as checked",
    "studio.recording_again": "tried the recording again",
    "studio.work_again": "tried the recording again",
    "studio.upload_plain": "uploaded a recording",
    "studio.upload_complete": "uploaded a recording",
    "api.episode_edit": "edited title and notes",
    "api.episode_publish": "published it, or asked for it as soon as it is ready",
    "api.episode_schedule": "chose when it becomes public",
    "api.episode_unpublish": _TAKEN["unpublish"],
    "api.episode_bin": _TAKEN["bin"],
    "api.episode_restore": "took it out of the bin",
    "api.transcript_correct": "corrected sentences",
    "api.transcript_checked": "marked the transcript as checked",
    "api.upload_complete": "uploaded a recording",
    "api.recording_again": "tried the recording again",
}

#: Changes that are nobody else's business, or not yet a change; or that say it themselves (`note`).
SILENT = frozenset(
    {
        "api.upload_begin",
        "api.upload_cancel",
        "api.upload_parts",
        "account.sign_in",
        "account.sign_out",
        "account.ask_reset",
        "account.change_password",
        "factors.app_code",
        "factors.app_code_off",
        "factors.new_codes",
        "factors.passkey_remove",
        "joining.change_email",
        "listening.tell",
        "organisation.own",
        "organisation.disconnect",
        "organisation.finish",
        "parts.put_part",
        "passkeys.add",
        "passkeys.ask_to_add",
        "passkeys.ask_to_sign_in",
        "passkeys.sign_in",
        "second_step.code",
        "second_step.recovery",
        "tokens.new",
        "studio.notice_read",
        "studio.notes_preview",
        "studio.make_link",
        "studio.invitation_link",
        "studio.upload_begin",
        "studio.upload_parts",
        "studio.upload_cancel",
    }
)


def register(app: Flask, _backends: Backends) -> None:
    """Watch the sessions of requests that change something."""

    @app.before_request
    def watch() -> None:
        if request.method in ("GET", "HEAD", "OPTIONS") or request.endpoint not in WORDS:
            return
        session = current_session()
        event.listen(session, "before_commit", _write)


def note(what: str, about: str = "") -> None:
    """An entry about one's own account, or something of it, for a view that commits more than once."""
    account = current_account()
    if account is not None:
        audit.add(current_session(), account, what, Subject(about or account.name), backends().clock())


def commit_before() -> None:
    """Commit what is not the change yet: the entry goes with the commit that follows."""
    g.audit_written = True
    current_session().commit()
    g.audit_written = False


def subject_is(subject: Subject, by: Account | None = None) -> None:
    """What this request is about, where its address does not say it; and by whom, if nobody is signed in."""
    g.audit_subject, g.audit_account = subject, by


def _write(session: Session) -> None:
    """Once a request, before its commit."""
    if g.get("audit_written"):
        return
    g.audit_written = True
    said = dict(request.view_args or {})
    words = WORDS[str(request.endpoint)]
    subject = g.get("audit_subject") or _subject(session, said)
    what = words if isinstance(words, str) else words(said)
    audit.add(session, g.get("audit_account") or current_account(), what, subject, backends().clock())


def _subject(session: Session, said: Mapping[str, object]) -> Subject:
    """What the address names, from the most telling part of it."""
    for name, find in _FINDERS.items():
        if name in said:
            found = find(session, said[name])
            if found is not None:
                return found
    account = current_account()
    return Subject(account.name if account else "")


def _of_episode(episode: Episode) -> Subject:
    return Subject(episode.title, f"/studio/episodes/{episode.id}", episode.show.community_id)


def _episode(session: Session, identity: object) -> Subject | None:
    episode = session.get(Episode, identity)
    return _of_episode(episode) if episode else None


def _recording(session: Session, identity: object) -> Subject | None:
    recording = session.get(Recording, identity)
    return _of_episode(recording.episode) if recording else None


def _upload(session: Session, identity: object) -> Subject | None:
    upload = session.get(Upload, identity)
    if upload is None:
        return None
    received = session.get(Recording, upload.recording_id)
    if received is not None:
        return _of_episode(received.episode)
    show = session.get(Show, upload.show_id)
    return Subject(upload.file_name, community_id=show.community_id if show else None)


def _person(session: Session, identity: object) -> Subject | None:
    person = session.get(Person, identity)
    return Subject(person.public_name, f"/studio/people/{person.id}", person.community_id) if person else None


def _invitation(session: Session, identity: object) -> Subject | None:
    invitation = session.get(Invitation, identity)
    return Subject(invitation.email, community_id=invitation.community_id) if invitation else None


def _account(session: Session, identity: object) -> Subject | None:
    account = session.get(Account, identity)
    if account is None:
        return None
    slug = (request.view_args or {}).get("slug")
    community = _community_of(session, slug)
    return Subject(account.name or account.email, community_id=community.id if community else None)


def _place(session: Session, slug: object) -> Subject | None:
    """A show or a community: both are addressed by a slug."""
    if "/shows/" in request.path and not request.path.endswith("/shows/new"):
        show = session.scalar(sa.select(Show).where(Show.slug == str(slug)))
        return Subject(show.title, f"/studio/shows/{show.slug}", show.community_id) if show else None
    community = _community_of(session, slug)
    if community is None:
        return None
    return Subject(community.name, f"/studio/communities/{community.slug}", community.id)


def _community_of(session: Session, slug: object) -> Community | None:
    return session.scalar(sa.select(Community).where(Community.slug == str(slug))) if slug else None


_FINDERS: dict[str, Callable[[Session, object], Subject | None]] = {
    "episode_id": _episode,
    "recording_id": _recording,
    "upload_id": _upload,
    "person_id": _person,
    "invitation_id": _invitation,
    "account_id": _account,
    "slug": _place,
}
