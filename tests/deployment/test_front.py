"""What nginx does before the service: keeps feeds until they change, and lets through what is meant to."""

import re
import shutil
import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from sqlalchemy.orm import Session

from app.backends import Backends, open_backends
from app.models import Episode, Show
from app.services import episodes, shows
from app.settings import read_settings
from tests.deployment.nginx import Front, prepared, running_nginx
from tests.deployment.web import SECRET, held_socket, running_web
from tests.factories import make_account, make_published, make_show
from tests.web.signing import PASSWORD


@dataclass(frozen=True)
class Stage:
    """A service behind nginx, and the same rows in this process, which tells that nginx as well."""

    front: Front
    backends: Backends

    def ask(self, path: str, method: str = "GET", **headers: str) -> requests.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return requests.request(
            method, self.front.url + path, headers=named, timeout=30, verify=str(self.front.certificate),
            allow_redirects=False,
        )  # fmt: skip

    def show(self, slug: str) -> str:
        """A new show with two episodes; the path of its feed."""
        with self.backends.database.begin() as session:
            show = make_show(session, slug=slug, title="As it was")
            for title in ("First talk", "Second talk"):
                make_published(session, show, title=title)
        return f"/shows/{slug}/feed.xml"


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory, migrated_database: Path) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("front")
    data = folder / "data"
    data.mkdir()
    shutil.copy(migrated_database, data / "hearth.db")
    front = prepared(folder / "nginx")
    env = {
        "HEARTH_DATA": str(data),
        "HEARTH_SECRET": SECRET,
        "HEARTH_PUBLIC_URL": front.url,
        "HEARTH_PROXY_HOPS": "1",
        "HEARTH_CACHE_REFRESH_URL": front.refresh_url,
    }
    with ExitStack() as stack:
        held, upstream = stack.enter_context(held_socket())
        stack.enter_context(running_nginx(folder / "nginx", front, upstream, folder / "store" / "objects"))
        stack.enter_context(running_web(env, held, folder / "web.log"))
        backends = open_backends(read_settings(env))
        yield Stage(front, backends)
        backends.database.dispose()


def kept(answer: requests.Response) -> str:
    return answer.headers["X-Cache"]


def find(session: Session, slug: str) -> Show:
    return session.query(Show).filter_by(slug=slug).one()


def test_a_feed_is_kept_and_comes_whole_to_everybody_alike(stage: Stage) -> None:
    feed = stage.show("kept")
    first = stage.ask(feed)
    again = stage.ask(feed + "?from=somewhere", Cookie="__Host-hearth=somebody", Accept_Encoding="identity")
    head = stage.ask(feed, "HEAD", Accept_Encoding="identity")

    assert [kept(first), kept(again), kept(head)] == ["MISS", "HIT", "HIT"]
    assert first.content == again.content
    assert first.headers["Content-Encoding"] == "gzip"
    assert head.headers["Content-Length"] == str(len(first.content))
    assert all("Set-Cookie" not in answer.headers for answer in (first, again))
    assert "Cookie" not in first.headers.get("Vary", "")


def test_who_has_the_feed_is_told_so_by_nginx_compressed_or_not(stage: Stage) -> None:
    feed = stage.show("known")
    tags = [stage.ask(feed, Accept_Encoding=how).headers["ETag"] for how in ("identity", "gzip")]
    answers = [stage.ask(feed, If_None_Match=tag) for tag in tags]

    assert [(answer.status_code, kept(answer), answer.content) for answer in answers] == [
        (304, "HIT", b"")
    ] * 2


def test_a_change_is_in_the_feed_at_once(stage: Stage) -> None:
    feed = stage.show("changed")
    assert "As it was" in stage.ask(feed).text
    with stage.backends.database.begin() as session:
        show = find(session, "changed")
        show.title = "As it is"
        shows.touch(show, stage.backends.clock())
    answer = stage.ask(feed)

    assert (kept(answer), "As it is" in answer.text, "As it was" in answer.text) == ("HIT", True, False)


def test_what_is_withdrawn_leaves_the_feed_at_once(stage: Stage) -> None:
    feed = stage.show("withdrawn")
    assert "First talk" in stage.ask(feed).text
    with stage.backends.database.begin() as session:
        account = make_account(session, is_owner=True)
        show = find(session, "withdrawn")
        episode = session.query(Episode).filter_by(show_id=show.id, title="First talk").one()
        episodes.withdraw(session, episode, account, stage.backends.clock())
    answer = stage.ask(feed)

    assert ("First talk" in answer.text, "Second talk" in answer.text) == (False, True)


def test_the_feed_of_a_show_that_is_gone_is_gone(stage: Stage) -> None:
    feed = stage.show("binned")
    assert stage.ask(feed).status_code == 200
    with stage.backends.database.begin() as session:
        show = find(session, "binned")
        show.deleted_at = stage.backends.clock()
        shows.touch(show, stage.backends.clock())

    assert stage.ask(feed).status_code == 404


def test_nothing_but_feeds_is_kept(stage: Stage) -> None:
    stage.show("others")

    for path in ("/", "/shows/others", "/opml", "/sign-in", "/shows/none/feed.xml"):
        assert "HIT" not in {stage.ask(path).headers.get("X-Cache") for _ in range(2)}


def test_nobody_outside_empties_the_cache_or_reads_the_measures(stage: Stage) -> None:
    feed = stage.show("ours")
    stage.ask(feed)

    assert stage.ask(f"/refresh{feed}").status_code == 404
    assert stage.ask(feed, "PURGE").status_code in (404, 405)
    assert stage.ask("/metrics").status_code == 404
    assert kept(stage.ask(feed)) == "HIT"


def test_what_visitors_say_of_themselves_is_not_believed(stage: Stage) -> None:
    plain = requests.get(
        f"http://127.0.0.1:{stage.front.plain_port}/shows/x?y=1", timeout=30, allow_redirects=False
    )
    lied = stage.ask(
        "/", X_Forwarded_Proto="http", X_Forwarded_Host="evil.example", X_Forwarded_For="9.9.9.9"
    )

    assert (plain.status_code, plain.headers["Location"]) == (301, f"{stage.front.url}/shows/x?y=1")
    assert lied.status_code == 200
    assert "evil.example" not in lied.text
    assert lied.headers["Strict-Transport-Security"].startswith("max-age=")
    assert stage.ask("/", Host="evil.example").status_code == 400


def test_people_sign_in_by_the_form(stage: Stage) -> None:
    with stage.backends.database.begin() as session:
        email = make_account(session).email
    with requests.Session() as browser:
        browser.trust_env, browser.verify = False, str(stage.front.certificate)
        address = f"{stage.front.url}/sign-in"
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', browser.get(address, timeout=30).text)
        assert found
        said = {"email": email, "password": PASSWORD, "csrf_token": found[1]}
        answer = browser.post(address, data=said, headers={"Referer": address}, timeout=30)

        assert (answer.status_code, answer.history[0].status_code) == (200, 302)
        assert "__Host-hearth" in {cookie.name for cookie in browser.cookies}


def test_a_body_is_bounded_before_the_service_sees_it(stage: Stage) -> None:
    sizes = {"/sign-in": 3, "/parts/x": 10, "/studio/shows/x/artwork": 23, "/studio/upload": 1027}

    assert {path: _refused(stage.front, path, size) for path, size in sizes.items()} == dict.fromkeys(
        sizes, 413
    )


def _refused(front: Front, path: str, size_mib: int) -> int:
    """The answer to a head that announces so much."""
    secure = ssl.create_default_context(cafile=str(front.certificate))
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {size_mib * 1024**2}\r\n\r\n"
    with (
        socket.create_connection(("localhost", front.port), timeout=30) as plain,
        secure.wrap_socket(plain, server_hostname="localhost") as connection,
    ):
        connection.sendall(head.encode())
        return int(connection.recv(12).split()[1])
