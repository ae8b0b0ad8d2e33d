"""Fills the world by the forms that people use; what a machine hears is set as a hostile recording would."""

import hashlib
import re
import uuid
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from werkzeug.test import TestResponse

from app.db import Base
from app.models import (
    Account,
    ApiToken,
    Community,
    Consent,
    DraftLink,
    Episode,
    Invitation,
    Notice,
    Passkey,
    Person,
    Recording,
    RecordingState,
    Season,
    Show,
    UnansweredSearch,
)
from app.services import chapters
from tests.factories import WHEN, make_enclosure, make_figures, make_transcript
from tests.threats.payloads import PAYLOADS, sent
from tests.threats.world import Corner, World
from tests.web.places import client_of

PLAIN = "Plain"


def filled(world: World) -> None:
    """Put every payload into every field."""
    world.corners += [Corner(number, payload) for number, payload in enumerate(PAYLOADS)]
    for corner in world.corners:  # while the lists to choose from are short
        _account(world, corner)
        _search(world, corner)
    for corner in world.corners:
        _community(world, corner)
        _show(world, corner)
        _recording(world, corner)
        _episode(world, corner)
        _people(world, corner)
        _publish(world, corner)
        _letters(world, corner)
        _upload_that_waits(world, corner)


def _new(world: World, corner: Corner, paths: tuple[str, str], base: dict[str, str], **names: str) -> str:
    """Make something with the payload in all these fields; where that is refused, plainly, and then one
    field after the other in its own form. Its slug."""
    texts = {name: corner.text(ours) for name, ours in names.items()}
    if "links" in texts:
        texts["links"] += f" | https://example.org/{corner.number}"
    new, edit = paths
    made = world.post(new, **base | texts)
    if made.status_code == 302:
        corner.taken |= {ours: corner.text(ours) for ours in names.values()}
        return made.headers["Location"].rpartition("/")[2]
    world.passed.append(("studio.refused", corner.number, made))
    slug = world.post(new, **base).headers["Location"].rpartition("/")[2]
    for name, ours in names.items():
        kept = base | {other: texts[other] for other in names if names[other] in corner.taken}
        world.fill(corner, "studio.refused", edit.format(slug), kept, **{name: ours})
    return slug


def _community(world: World, corner: Corner) -> None:
    names = ("name", "summary", "domain", "community", "practice", "learning_agenda", "links")
    paths = ("/studio/communities/new", "/studio/communities/{}/edit")
    slug = _new(world, corner, paths, {"name": PLAIN}, **{name: f"CommunityForm.{name}" for name in names})
    corner.slugs["community"] = slug
    corner.ids["community"] = world.session.scalar(sa.select(Community.id).where(Community.slug == slug))
    world.session.rollback()


def _show(world: World, corner: Corner) -> None:
    base = {"language": "en-gb", "category": "Health & Fitness|Medicine", "order": "episodic", "title": PLAIN}
    base |= {"spoken_language": "en", "producers_publish": "y", "description": "About care."}
    paths = (f"/studio/communities/{corner.slugs['community']}/shows/new", "/studio/shows/{}/edit")
    names = ("title", "description", "author", "copyright", "verify_text")
    slug = _new(world, corner, paths, base, **{name: f"ShowForm.{name}" for name in names})
    corner.slugs["show"] = slug
    show = world.session.scalars(sa.select(Show).where(Show.slug == slug)).one()
    show.artwork_sha256 = f"{corner.number:064x}"
    corner.ids["show"] = show.id
    world.session.commit()
    path = f"/studio/shows/{slug}"
    world.fill(corner, "studio.show_artwork", f"{path}/artwork", {}, artwork_alt="ArtworkForm.artwork_alt")
    world.fill(corner, "studio.show_seasons", f"{path}/seasons", {"number": "1"}, name="SeasonForm.name")
    if "SeasonForm.name" in corner.refused:
        world.post(f"{path}/seasons", number="1", name=PLAIN)
    corner.ids["season"] = world.session.scalar(
        sa.select(Season.id).where(Season.show_id == corner.ids["show"])
    )
    world.session.rollback()


def _begin(world: World, corner: Corner, sound: bytes) -> dict[str, Any]:
    """Ask for an upload as the page's script does, with the payload as the file's name and the title."""
    said: dict[str, Any] = {
        "show": corner.slugs["show"],
        "file_name": "ward.mp3",
        "size_bytes": len(sound),
        "first_part_sha256": hashlib.sha256(sound).hexdigest(),
        "title": PLAIN,
        "kind": "story",
        "wish": "none",
        "agreed": True,
    }
    named = {name: corner.text(f"json {name}") for name in ("title", "file_name")}
    answer = _json(world, "/studio/uploads", said | named)
    if answer.status_code == 200:
        corner.taken |= {f"json {name}": text for name, text in named.items()}
        return answer.json
    world.passed.append(("studio.upload_begin", corner.number, answer))
    for name, text in named.items():
        if _json(world, "/studio/uploads", said | {name: text}).status_code == 200:
            said[name] = corner.taken[f"json {name}"] = text
        else:
            corner.refused.add(f"json {name}")
    return _json(world, "/studio/uploads", said).json


def _json(world: World, path: str, said: dict[str, Any]) -> TestResponse:
    return world.owner.post(path, json=said, headers={"X-CSRFToken": world.token})


def _recording(world: World, corner: Corner) -> None:
    """Send a recording, and stand in for the worker: its sound and what it heard."""
    sound = b"ID3sound" + bytes([corner.number])
    upload = _begin(world, corner, sound)
    said = {"number": 1, "size_bytes": len(sound), "sha256": hashlib.sha256(sound).hexdigest()}
    part = _json(world, upload["parts"], {"parts": [said]}).json["parts"][0]
    world.owner.open(part["url"], method=part["method"], data=sound, headers=part["headers"])
    complete = _json(world, f"/studio/uploads/{upload['id']}/complete", {})
    assert complete.status_code == 200, complete.text
    recording = world.session.scalars(
        sa.select(Recording)
        .join(Episode, Episode.id == Recording.episode_id)
        .where(Episode.show_id == corner.ids["show"])
    ).one()
    recording.state = RecordingState.ready
    recording.episode.recording_id = recording.id
    enclosure = make_enclosure(world.session, recording, sound)
    world.backends.store.put_bytes(enclosure.key, sound)
    transcript = make_transcript(world.session, recording, ("It is said so.", "And so."))
    speaker, words = corner.text("segments.speaker")[:128], corner.text("unanswered_searches.words")[:200]
    _passkey(world, corner)
    _token(world, corner)
    if not re.search("[\0\ud800-\udfff]", speaker):  # which no database holds
        corner.taken |= {"segments.speaker": speaker, "unanswered_searches.words": words}
        for segment in transcript.segments:
            segment.speaker = speaker
        world.session.add(UnansweredSearch(day=WHEN.date(), words=words, count=1))
    corner.ids |= {"episode": recording.episode_id, "recording": recording.id, "transcript": transcript.id}
    corner.ids["guid"] = recording.episode.guid
    corner.ids["sound"] = f"{enclosure.sha256[:12]}.mp3"
    corner.slugs["episode"] = recording.episode.slug
    episode = recording.episode
    make_figures(world.session, episode, WHEN.date())
    notice = Notice(
        account_id=world.session.scalars(sa.select(Account.id).where(Account.is_owner)).one(),
        episode_id=episode.id, kind="failed", text=f"“{episode.title}” needs you.", created_at=WHEN,
    )  # fmt: skip
    world.session.add(notice)
    world.session.flush()
    corner.ids["notice"] = notice.id
    world.session.commit()


def _set(corner: Corner, column: str) -> str:
    """The text of a column that is set as if nobody had looked at it before, as much as the column holds."""
    table, name = column.split(".")
    kind = Base.metadata.tables[table].c[name].type
    text = corner.text(column)[: kind.length] if isinstance(kind, sa.String) else corner.text(column)
    if corner.word(column) not in text or re.search("[\0\ud800-\udfff]", text):
        return PLAIN
    corner.taken[column] = text
    return text


def _token(world: World, corner: Corner) -> None:
    token = ApiToken(
        account_id=world.session.scalars(sa.select(Account.id).where(Account.is_owner)).one(),
        name=_set(corner, "api_tokens.name"), scopes="read", token_sha256=f"{corner.number:064x}",
        by_provider=False, created_at=WHEN, expires_at=WHEN + timedelta(days=365),
    )  # fmt: skip
    world.session.add(token)
    world.session.flush()
    corner.ids["token"] = token.id


def _passkey(world: World, corner: Corner) -> None:
    passkey = Passkey(
        account_id=world.session.scalars(sa.select(Account.id).where(Account.is_owner)).one(),
        name=_set(corner, "passkeys.name"), credential_id=bytes([corner.number]), public_key=b"key",
        sign_count=0, transports=[], created_at=WHEN,
    )  # fmt: skip
    world.session.add(passkey)
    world.session.flush()
    corner.ids["passkey"] = passkey.id


def _episode(world: World, corner: Corner) -> None:
    at = f"/studio/episodes/{corner.ids['episode']}"
    base = {"kind": "story", "episode_type": "full", "title": PLAIN, "season_id": str(corner.ids["season"])}
    texts = ("title", "summary", "notes", "content_note")
    world.fill(
        corner, "studio.episode_edit", f"{at}/edit", base, **{name: f"EpisodeForm.{name}" for name in texts}
    )
    seen = chapters.version(world.session.get_one(Episode, corner.ids["episode"]))
    world.session.rollback()
    world.fill(
        corner,
        "studio.episode_chapters",
        f"{at}/chapters",
        {"start": "0:01", "seen": seen},
        title="form title",
    )
    if "form title" in corner.refused:
        world.post(f"{at}/chapters", start="0:01", seen=seen, title=PLAIN)
    base = {"transcript": str(corner.ids["transcript"]), "revision": "1"}
    world.fill(corner, "studio.sentence", f"{at}/transcript/0", base, text="SentenceForm.text")
    world.post(f"{at}/transcript/checked", transcript=base["transcript"], revision=_revision(world, corner))


def _revision(world: World, corner: Corner) -> str:
    episode = world.session.get_one(Episode, corner.ids["episode"], populate_existing=True)
    assert episode.transcript is not None
    world.session.refresh(episode.transcript)
    said = str(episode.transcript.revision)
    world.session.rollback()
    return said


def _people(world: World, corner: Corner) -> None:
    path = f"/studio/communities/{corner.slugs['community']}/people"
    names = ("public_name", "about")
    base = {"public_name": PLAIN}
    world.fill(
        corner, "studio.community_people", path, base, **{name: f"PersonForm.{name}" for name in names}
    )
    free = world.session.scalars(
        sa.select(Person.id).where(Person.community_id == corner.ids["community"])
    ).first()
    world.session.rollback()
    at = f"/studio/episodes/{corner.ids['episode']}"
    world.fill(
        corner,
        "studio.credit_add",
        f"{at}/people",
        {"role": "storyteller", "person": ""},
        new_name="CreditForm.new_name",
    )
    if "CreditForm.new_name" in corner.refused:
        world.post(f"{at}/people", role="storyteller", person="", new_name=PLAIN)
    episode = world.session.get_one(Episode, corner.ids["episode"], populate_existing=True)
    credit = episode.credits[0]
    corner.ids |= {"person": free, "credit": credit.id, "teller": credit.person_id}
    world.session.rollback()
    base = {"person": str(corner.ids["teller"]), "given_on": "2026-03-01"}
    plain = dict.fromkeys(("purpose", "how_given", "taken_by"), PLAIN)
    world.fill(
        corner,
        "studio.consent_add",
        f"{at}/consent",
        base | plain,
        **{name: f"ConsentForm.{name}" for name in plain},
    )
    if "ConsentForm.purpose" in corner.refused:
        world.post(f"{at}/consent", **base | plain)
    corner.ids["consent"] = world.session.scalars(
        sa.select(Consent.id).where(Consent.episode_id == corner.ids["episode"])
    ).first()
    world.session.rollback()


def _publish(world: World, corner: Corner) -> None:
    """The draft is shown by its link, then published."""
    at = f"/studio/episodes/{corner.ids['episode']}"
    made = world.post(f"{at}/draft-links")
    found = re.search(r"/draft/[\w-]+", made.text)
    assert found, made.text
    draft = world.app.test_client().get(found[0])
    world.passed += [("studio.draft_link_make", corner.number, made), ("draft.episode", corner.number, draft)]
    link = world.session.scalars(
        sa.select(DraftLink.id).where(DraftLink.episode_id == corner.ids["episode"])
    ).one()
    corner.ids["link"] = link
    world.session.rollback()
    answer = world.post(f"{at}/publish/now")
    assert answer.status_code == 302, answer.text


def _search(world: World, corner: Corner) -> None:
    answer = world.app.test_client().get(f"/search?q={quote(sent(corner.payload_text))}")
    world.passed.append(("search.typed", corner.number, answer))


def _account(world: World, corner: Corner) -> None:
    """An account of this name, and its letter with a link."""
    email = _email(corner)
    answer = world.post("/studio/accounts", name=corner.text("NewAccountForm.name"), email=email)
    world.passed.append(("studio.add_account", corner.number, answer))
    if answer.status_code == 200:
        corner.taken["NewAccountForm.name"] = corner.text("NewAccountForm.name")
    else:
        corner.refused.add("NewAccountForm.name")
        world.post("/studio/accounts", name=PLAIN, email=email)
    corner.ids["account"] = world.session.scalars(sa.select(Account.id).where(Account.email == email)).one()
    world.session.rollback()
    anybody, token = client_of(world.app, None)
    anybody.post(
        "/reset", data={"email": email}, headers={"X-CSRFToken": token},
        environ_base={"REMOTE_ADDR": f"198.51.{corner.number}.7"}, buffered=True,
    )  # fmt: skip


def _email(corner: Corner) -> str:
    return f"reader{corner.number}@example.org"


def _letters(world: World, corner: Corner) -> None:
    """Letters that the owner sends under this name."""
    world.fill(corner, "account.rename", "/account", {}, name="NameForm.name")
    members = f"/studio/communities/{corner.slugs['community']}/members"
    world.post(
        "/studio/accounts/" + f"{corner.ids['account']}/roles",
        community=str(corner.ids["community"]),
        role="member",
    )
    made = world.post(members, role="member", email=f"invited{corner.number}@example.org")
    world.passed.append(("studio.community_members", corner.number, made))
    found = re.search(r"/invitation/[\w.-]+", made.text)
    assert found, made.text
    corner.slugs["invitation"] = found[0]
    corner.ids["invitation"] = world.session.scalars(
        sa.select(Invitation.id).where(Invitation.email == f"invited{corner.number}@example.org")
    ).one()
    world.session.rollback()


def _upload_that_waits(world: World, corner: Corner) -> None:
    corner.ids["upload"] = uuid.UUID(_begin(world, corner, b"another sound")["id"])
