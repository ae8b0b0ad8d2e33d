"""What a page shows when somebody changes something between two of its queries.

On PostgreSQL every query sees what was committed last. Here the change is made on the page's own
connection, just before the query that is to see it.
"""

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.orm import Session

from app.backends import Backends
from app.models import EpisodeState
from app.services import transcripts
from tests.factories import make_published, make_show


def change_before(backends: Backends, query: str, change: str) -> list[str]:
    """Runs `change` once before a query that begins so; the queries before which it was run."""
    changed: list[str] = []

    def _change(_c: object, cursor: Any, statement: str, *_rest: object) -> None:
        if statement.startswith(query) and not changed:
            changed.append(statement)
            cursor.connection.execute(change)

    event.listen(backends.database.engine, "before_cursor_execute", _change)
    return changed


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM episodes WHERE slug = 'gone'",
        "UPDATE episodes SET state = 'withdrawn' WHERE slug = 'gone'",
    ],
)
def test_a_hit_whose_episode_has_gone_is_left_out(
    client: FlaskClient, session: Session, backends: Backends, change: str
) -> None:
    for slug in ("stays", "gone"):
        episode = make_published(session, make_show(session, slug=f"of-{slug}"), slug=slug)
        session.refresh(episode, ["transcript"])
        transcripts.index(session, episode)
    session.commit()
    changed = change_before(backends, "SELECT episodes.id, episodes.show_id", change)
    hits = client.get("/search?q=bedside&format=json").get_json()["hits"]

    assert changed
    assert [hit["url"] for hit in hits] == ["http://127.0.0.1:8000/shows/of-stays/stays#t=10"]


def test_an_episode_published_meanwhile_does_not_break_the_sitemap(
    client: FlaskClient, session: Session, backends: Backends
) -> None:
    make_published(session, make_show(session, slug="old"), slug="one")
    make_published(session, make_show(session, slug="new"), slug="two").state = EpisodeState.unpublished
    session.commit()
    public = "UPDATE episodes SET state = 'published'"
    changed = change_before(backends, "SELECT shows.slug, episodes.slug", public)
    told = client.get("/sitemap.xml")

    assert changed
    assert told.status_code == 200
    assert "/shows/new/two<" in told.text
