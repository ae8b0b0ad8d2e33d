"""Who at the provider is which account, on both databases."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.db import Database
from app.errors import Conflict
from app.models import Account, Identity
from app.openid.proven import Proven
from app.services import attempts, identities
from app.services.identities import NotLetIn, Why
from tests.factories import WHEN, make_account

ADA = Proven("https://login.example.org", "subject-1", "Ada@Example.org", "Ada")
SECRET = "x" * 32


def test_a_person_is_known_by_issuer_and_subject(database: Database) -> None:
    with database.begin() as session:
        account = make_account(session, email="ada@example.org")
        assert identities.sign_in(session, ADA, WHEN) == (account, True)
        moved = Proven(ADA.issuer, ADA.subject, "", "")
        assert identities.sign_in(session, moved, WHEN) == (account, False)
    with database.begin() as session:
        for other in (
            Proven("https://other.example", "subject-1", "", ""),
            Proven(ADA.issuer, "SUBJECT-1", "", ""),
        ):
            with pytest.raises(NotLetIn) as refused:
                identities.sign_in(session, other, WHEN)
            assert refused.value.why is Why.unproved


def same_account(session: Session, first: Account, _second: Account) -> Identity:
    return Identity(issuer=ADA.issuer, subject="subject-2", account_id=first.id, linked_at=WHEN)


def same_person(session: Session, _first: Account, second: Account) -> Identity:
    return Identity(issuer=ADA.issuer, subject="subject-1", account_id=second.id, linked_at=WHEN)


@pytest.mark.parametrize("more", [same_account, same_person])
def test_the_database_holds_one_account_to_one_person(
    database: Database, more: Callable[[Session, Account, Account], Identity]
) -> None:
    with database.session() as session:
        first, second = make_account(session), make_account(session)
        identities.connect(session, first, ADA, WHEN)
        session.add(more(session, first, second))

        with pytest.raises(sa.exc.IntegrityError):
            session.flush()


def test_the_only_way_in_stays(database: Database) -> None:
    with database.begin() as session:
        account = make_account(session, password="")
        identities.connect(session, account, ADA, WHEN)

        with pytest.raises(Conflict):
            identities.disconnect(session, account, ADA.issuer)
        assert identities.find(session, ADA) is not None


def test_of_two_who_use_an_answer_at_the_same_moment_not_both_are_first(database: Database) -> None:
    marks = []
    for _ in range(2):
        with database.begin() as session:
            marks.append(attempts.spend(session, SECRET, "an answer", WHEN))

    with database.reading() as session:
        assert [attempts.is_first_use(session, mark) for mark in marks] == [False, False]
    with database.begin() as session:
        other = attempts.spend(session, SECRET, "another answer", WHEN)
        assert attempts.is_first_use(session, other)
