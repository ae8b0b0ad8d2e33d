"""People: named as they wish, only within their community."""

import pytest
from sqlalchemy.orm import Session

from app.errors import Conflict, Invalid, NotFound
from app.models import CreditRole, Episode, Person
from app.services import people
from tests.factories import WHEN, make_community, make_episode, make_published


def add(session: Session, episode: Episode, name: str = "Ruth") -> Person:
    return people.add(session, episode.show.community, name, "", "", WHEN)


def test_naming_somebody_twice_in_one_role_is_one_credit(session: Session) -> None:
    episode = make_episode(session)
    person = add(session, episode)

    people.credit(session, episode, person, CreditRole.guest, WHEN)
    people.credit(session, episode, person, CreditRole.guest, WHEN)
    people.credit(session, episode, person, CreditRole.host, WHEN)

    assert [credit.role for credit in episode.credits] == [CreditRole.guest, CreditRole.host]


def test_somebody_of_another_community_cannot_be_named(session: Session) -> None:
    stranger = people.add(session, make_community(session), "Ruth", "", "", WHEN)

    with pytest.raises(NotFound):
        people.credit(session, make_episode(session), stranger, CreditRole.guest, WHEN)


def test_a_new_name_changes_every_show_where_the_person_is_named(session: Session) -> None:
    episode = make_published(session)
    person = add(session, episode)
    people.credit(session, episode, person, CreditRole.guest, WHEN)
    before = episode.show.revision

    people.edit(session, person, "R.", "", "", WHEN)

    assert episode.show.revision > before


def test_somebody_who_is_named_cannot_be_forgotten_until_taken_out(session: Session) -> None:
    episode = make_episode(session)
    person = add(session, episode)
    credit = people.credit(session, episode, person, CreditRole.guest, WHEN)

    with pytest.raises(Conflict):
        people.remove(session, person)
    people.take_out(session, episode, credit.id, WHEN)
    people.remove(session, person)

    assert session.get(Person, person.id) is None


@pytest.mark.parametrize(
    ("name", "link", "field"),
    [("", "", "public_name"), ("n" * 129, "", "public_name"), ("Ruth", "javascript:alert(1)", "link")],
)
def test_a_bad_name_or_link_is_refused_at_its_field(
    session: Session, name: str, link: str, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        people.add(session, make_community(session), name, "", link, WHEN)

    assert list(refused.value.problems) == [field]
