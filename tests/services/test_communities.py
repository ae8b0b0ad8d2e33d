"""Communities: made by the owner, with links that lead somewhere harmless."""

import pytest
from sqlalchemy.orm import Session

from app.errors import Invalid, NotAllowed
from app.services import communities
from app.services.communities import CommunityFields
from tests.factories import WHEN, make_account, make_community, make_show


def test_only_the_owner_adds_a_community(session: Session) -> None:
    owner = make_account(session, password=None, is_owner=True)
    facilitator = make_account(session, password=None)

    assert communities.create(session, owner, CommunityFields("Nurses"), WHEN).slug == "nurses"
    with pytest.raises(NotAllowed):
        communities.create(session, facilitator, CommunityFields("Midwives"), WHEN)


def test_links_are_read_one_a_line_and_given_back(session: Session) -> None:
    community = make_community(session)
    text = "NICE guidance | https://www.nice.org.uk\nA | B | http://example.org/a?b=c"

    communities.edit(session, community, CommunityFields("Nurses", links=text), WHEN)

    assert community.links[1] == {"title": "A | B", "url": "http://example.org/a?b=c"}
    assert communities.links_as_text(community) == text


@pytest.mark.parametrize(
    "link",
    ["x | javascript:alert(1)", "x | data:text/html,hi", "x | //example.org", "no address", "x | https://"],
)
def test_a_link_that_could_harm_is_refused(session: Session, link: str) -> None:
    community = make_community(session)

    with pytest.raises(Invalid) as refused:
        communities.edit(session, community, CommunityFields("Nurses", links=link), WHEN)

    assert list(refused.value.problems) == ["links"]


def test_a_changed_community_changes_its_shows(session: Session) -> None:
    show = make_show(session)
    before = show.revision

    communities.edit(session, show.community, CommunityFields("New name"), WHEN)

    assert show.revision == before + 1
