"""Communities: made by the owner, kept by their facilitators."""

from dataclasses import asdict, dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.errors import NotAllowed
from app.models import Account, Community
from app.services import fields
from app.services.shows import touch


@dataclass(frozen=True)
class CommunityFields:
    """What a person may say of a community. `links` is one line each: "Title | https://..."."""

    name: str
    summary: str = ""
    domain: str = ""
    community: str = ""
    practice: str = ""
    learning_agenda: str = ""
    links: str = ""
    contact_email: str = ""


def create(session: Session, account: Account, said: CommunityFields, now: datetime) -> Community:
    """A new community with an address made from its name. Raises NotAllowed, Invalid."""
    if not account.is_owner:
        raise NotAllowed("Only the owner of this service can add a community.")
    values = _checked(said)
    taken = set(session.scalars(sa.select(Community.slug)))
    community = Community(
        slug=fields.first_free(fields.slug(said.name, "community"), taken), created_at=now, **values
    )
    session.add(community)
    session.flush()
    return community


def edit(session: Session, community: Community, said: CommunityFields, now: datetime) -> None:
    """Change what is said of it; the address stays. Raises Invalid."""
    for name, value in _checked(said).items():
        setattr(community, name, value)
    for show in community.shows:
        touch(show, now)
    session.flush()


def links_as_text(community: Community) -> str:
    """The links as a person edits them: one line each."""
    return "\n".join(f"{link['title']} | {link['url']}" for link in community.links)


def _checked(said: CommunityFields) -> dict[str, object]:
    values: dict[str, object] = {
        name: fields.line(text) if name in ("name", "summary", "contact_email") else fields.lines(text)
        for name, text in asdict(said).items()
    }
    problems: dict[str, str | None] = {
        **fields.too_long(Community, values),
        **fields.missing(values, {"name": "Enter the name of the community."}),
    }
    if message := fields.email_problem(str(values["contact_email"])):
        problems["contact_email"] = message
    links, problem = _links(str(values["links"]))
    problems.setdefault("links", problem)
    fields.refuse(problems)
    values["links"] = links
    return values


def _links(text: str) -> tuple[list[dict[str, str]], str | None]:
    links = []
    for number, row in enumerate((row for row in text.split("\n") if row.strip()), 1):
        title, _, url = (part.strip() for part in row.rpartition("|"))
        if fields.link_problem(url) or not url:
            return [], f"Link {number}: write a title, a | and a web address that begins with https://"
        if len(title) > 200:
            return [], f"Link {number}: use a title of 200 characters or fewer."
        links.append({"title": title or url, "url": url})
    if len(links) > 100:
        return [], "Use 100 links or fewer."
    return links, None
