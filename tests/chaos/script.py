"""F9 by the API: what a script asks for twenty times at the same moment."""

import hashlib
import uuid
from pathlib import Path
from typing import Any

import requests
import sqlalchemy as sa

from app.models import Episode, EpisodeState, Recording, Scope, Show, Upload
from app.services import api_tokens
from tests.chaos.holding import all_broken
from tests.chaos.place import TITLE, Place
from tests.chaos.trial import Trial
from tests.chaos.uploads import AT_ONCE, together


def at_once(trial: Trial) -> None:
    """Begun, completed and published twenty times at once: one upload, one recording, one episode."""
    place = trial.place()
    made: dict[object, str] = {}
    with place.running("web"), place.running("worker"):
        token = _token(place)
        for number in range(1 if trial.few else 3):
            copy = trial.folder / f"script-{number}.wav"
            copy.write_bytes(place.ground.sound("short").read_bytes())
            recording_id = _sent(trial, place, token, copy)
            made[recording_id] = "short"
            trial.wait(lambda one=recording_id: place.has_ended(one), 90, "the recording is ready")
            _published(trial, place, token, place.recording(recording_id).episode_id)
        trial.wait(place.all_told, 60, "everything ends")
    with place.backends.database.reading() as session:
        counts = [session.scalar(sa.select(sa.func.count(row.id))) for row in (Upload, Recording, Episode)]
    trial.same([len(made)] * 3, counts, "uploads, recordings and episodes")
    trial.broken += all_broken(place, made)


def _token(place: Place) -> str:
    with place.backends.database.begin() as session:
        now = place.backends.clock()
        made = api_tokens.make(session, place.account(), "Nightly", list(Scope), 30, now, by_provider=False)
        return made[1]


def _sent(trial: Trial, place: Place, token: str, path: Path) -> uuid.UUID:
    """Begun by all, sent by one, completed by all; the id of its recording."""
    body = path.read_bytes()  # one part
    at = f"/uploads/{uuid.uuid4()}"
    sha256 = hashlib.sha256(body).hexdigest()
    said = {
        "show": "rounds", "file_name": path.name, "size_bytes": len(body), "first_part_sha256": sha256,
        "title": TITLE, "wish": "none", "everyone_agreed": True,
    }  # fmt: skip
    _all(trial, place, token, "PUT", at, said)
    part = {"number": 1, "size_bytes": len(body), "sha256": sha256}
    [to] = _ask(place, token, "POST", f"{at}/parts", {"parts": [part]}).json()["parts"]
    requests.request(to["method"], to["url"], data=body, headers=to["headers"], timeout=60).raise_for_status()
    _all(trial, place, token, "POST", f"{at}/complete")
    return uuid.UUID(_ask(place, token, "GET", at).json()["recording"]["id"])


def _published(trial: Trial, place: Place, token: str, episode_id: uuid.UUID) -> None:
    before = _revision(place)
    _all(trial, place, token, "POST", f"/episodes/{episode_id}/publish", {"when": "now"})
    with place.backends.database.reading() as session:
        state = session.get_one(Episode, episode_id).state
    trial.same(EpisodeState.published, state, "after publishing it is")
    trial.expect(_revision(place) > before, "the feed has no new revision")


def _all(trial: Trial, place: Place, token: str, method: str, path: str, said: object = None) -> None:
    """Ask so often at once: whoever gets no yes is told that somebody was first."""
    answers = together(range(AT_ONCE), lambda _: _ask(place, token, method, path, said).status_code)
    trial.fault()
    trial.expect(any(200 <= status < 300 for status in answers), f"nobody may {method} {path}: {answers}")
    others = sorted({status for status in answers if not 200 <= status < 300})
    trial.expect(set(others) <= {409}, f"other answers to {method} {path}: {others}")


def _ask(place: Place, token: str, method: str, path: str, said: Any = None) -> requests.Response:
    url, heads = f"{place.url}/api/v1{path}", {"Authorization": f"Bearer {token}"}
    return requests.request(method, url, json=said, headers=heads, timeout=60)


def _revision(place: Place) -> int:
    with place.backends.database.reading() as session:
        return session.scalars(sa.select(Show.revision)).one()
