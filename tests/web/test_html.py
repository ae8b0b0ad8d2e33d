"""What the HTML checker says of every page, style sheet and drawing: nothing.

One run of the checker for all: the pages are collected first, each as the service sends it.
"""

import re
import shutil
from dataclasses import asdict
from pathlib import Path

import pytest
from flask import Flask, render_template
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app import create_app
from app.backends import Backends
from app.services.identities import Why
from app.web.errors import body_refused
from app.web.organisation import Flow
from app.web.vendor import STATIC
from tests.web.doors import IN, TABLE
from tests.web.html_checker import problems
from tests.web.page_set import at_first, fill, lacking, with_organisation
from tests.web.places import World, client_of, make_place
from tests.web.test_errors import REFUSALS
from tests.web.test_route_matrix import CHANGES, KNOWN, path_of, put_files, send

#: Routes that answer with no page: files, feeds, answers for scripts and programs.
NO_PAGE = {
    *(endpoint for endpoint, method in KNOWN if endpoint.startswith("api.") and method == "GET"),
    "draft.sound",
    "embed.describe",
    "feed.opml",
    "feed.show_feed",
    "health.show",
    "media.artwork",
    "media.chapters",
    "media.enclosure",
    "media.transcript",
    "metrics.show",
    "site.robots",
    "site.sitemap",
    "static",
    "studio.episode_listeners",
    "studio.guide_picture",
    "studio.recording_state",
    "studio.show_listeners",
    "studio.sound",
    "studio.upload_state",
}

#: In these tests no worker runs, and nobody is there where the organisation's provider should be.
AWAY = ("health.", "studio.health", "organisation.begin")

#: What the checker says that is no fault.
ALLOWED = (
    # Safari reads a list without bullets as one only where it is called a list
    "The “list” role is unnecessary for element",
    # newer than the checker's table of properties; a browser that does not know them leaves them out
    "CSS: “field-sizing”: Property",
    "CSS: “vector-effect”: Property",
)

#: One fault of each language, to see that the checker looks at all three.
FAULTS = {
    "wrong.html": "<!doctype html><html lang=en><title>Wrong</title><p id=a><p id=a>",
    "wrong.css": "p { colr: red }",
    "wrong.svg": '<svg xmlns="http://www.w3.org/2000/svg"><wrong/></svg>',
}

_OF_THE_SESSION = re.compile(r'name="csrf_token" value="[^"]*"')


class Kept:
    """The pages that were seen, each a file; what is the same but for its token is kept once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.seen: set[str] = set()

    def keep(self, name: str, answer: TestResponse) -> bool:
        """Write down an answer that is a page; whether it is one."""
        if (
            not answer.data
            or answer.mimetype != "text/html"
            or answer.status_code in (301, 302, 303, 307, 308)
        ):
            return False
        words = _OF_THE_SESSION.sub("", answer.text)
        if words not in self.seen:
            self.seen.add(words)
            file = re.sub(r"[^a-z0-9]+", "-", name.lower())[:100]
            (self.folder / f"{file}-{len(self.seen)}.html").write_text(answer.text, "utf-8")
        return True


@pytest.fixture
def backends(backends: Backends) -> Backends:
    """With everything that an operator can set."""
    return with_organisation(backends)


@pytest.fixture
def served(backends: Backends) -> Flask:
    """As in production: a fault of ours is a page. Raises each refusal where it is asked to."""
    app = create_app(backends=backends)
    raised: list[Exception] = [error for error, _ in REFUSALS] + [RuntimeError("a fault of ours")]

    @app.get("/raise/<int:number>")
    def fail(number: int) -> str:
        raise raised[number]

    @app.get("/say/<why>")
    def say(why: str) -> str:
        return render_template("account/organisation_problem.html", why=why, email="ada@example.org")

    app.add_url_rule("/too-large", view_func=lambda: body_refused("More than 1 GB."))
    return app


def test_every_page_that_only_a_token_opens_is_looked_at() -> None:
    assert lacking() == set(), "Make a token for each in tests/web/page_set.py, BY_TOKEN."


def test_the_html_checker_has_nothing_to_say(
    served: Flask, session: Session, backends: Backends, tmp_path: Path
) -> None:
    kept = Kept(tmp_path / "pages")
    kept.folder.mkdir()
    shown = set()
    for page in at_first(session, backends):
        assert kept.keep(page.name, served.test_client().get(page.path)), page.path
        shown.add(page.name.partition(" ")[0])
    filled = fill(served, session, backends)
    for page in filled.pages:
        answer = filled.client(served, page.role).get(page.path, buffered=True)
        assert answer.status_code < 500 or page.name.startswith(AWAY), page
        if kept.keep(page.name, answer):
            shown.add(page.name.partition(" ")[0])
    _forms(served, session, backends, filled.world, kept)
    _errors(served, backends, kept)
    for pattern in ("css/*.css", "img/*.svg"):
        for path in STATIC.glob(pattern):
            shutil.copy(path, kept.folder)
    for name, text in FAULTS.items():
        (kept.folder / name).write_text(text, "utf-8")

    assert {key[0] for key in KNOWN if key[1] == "GET"} - shown == NO_PAGE
    told = problems(kept.folder, ALLOWED)
    assert [line for line in told if not line.endswith(" in wrong")] == []
    assert {line.split()[1] for line in told} == {"CSS:", "Duplicate", "The", "Element"}


def _forms(served: Flask, session: Session, backends: Backends, world: World, kept: Kept) -> None:
    """Every form sent empty, and as its row fills it: what is wrong with it, or what is asked once more."""
    for key in CHANGES:
        role = next(
            (role for role in ("owner", "producer", "anonymous") if TABLE[key].door[role] == IN), "owner"
        )
        for row in {False, bool(TABLE[key].form)}:
            place = make_place(session, world)
            put_files(backends, place)
            path = path_of(served, key, place, world)
            session.commit()
            client, token = client_of(served, world.accounts.get(role))
            if row:
                answer = send(client, key, path, place, world, token)
            else:
                answer = client.open(path, method=key[1], data={"csrf_token": token}, buffered=True)
            kept.keep(f"{key[0]} sent {'filled' if row else 'empty'}", answer)


def _errors(served: Flask, backends: Backends, kept: Kept) -> None:
    """Every refusal as a page, and the fault that nobody expected."""
    client = served.test_client()
    for number in range(len(REFUSALS) + 1):
        assert kept.keep(f"error {number}", client.get(f"/raise/{number}"))
    for why in (*(one.name for one in Why), "away", "refused", "denied", "stale"):
        assert kept.keep(f"organisation, {why}", client.get(f"/say/{why}"))
    with client.session_transaction() as session:
        flow = Flow("s", "n", "v", int(backends.clock().timestamp()), "", "", "")
        session["organisation"] = asdict(flow)
    assert kept.keep("organisation, on", client.get("/sign-in/organisation/return?state=s&code=c&iss=i"))
    assert kept.keep("too large", client.get("/too-large"))
    assert kept.keep("no such method", client.post("/communities"))
    assert kept.keep("no token", client.post("/studio/communities/new", data={"name": "Kept words"}))
