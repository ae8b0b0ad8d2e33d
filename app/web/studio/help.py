"""Help where it is needed: a few words on every page of the studio, and the guide for producers as a page.

The guide is docs/producers.md itself, with the pictures that the browser tests make: one text, told twice.
"""

import re
from functools import cache
from pathlib import Path

import nh3
from flask import render_template, request, send_from_directory, url_for
from flask.typing import ResponseReturnValue
from markdown_it import MarkdownIt
from PIL import Image

from app.errors import NotFound
from app.web.studio.blueprint import bp

DOCS = Path(__file__).resolve().parents[3] / "docs"
_PICTURE = re.compile(r'src="pictures/([a-z-]+\.png)"')
_HEADING = re.compile(r"<(h[23])>(.*?)</\1>")

#: What do I do here? One or two sentences, and the part of the guide that says more.
WORDS: dict[str, tuple[str, str]] = {
    "studio.dashboard": (
        "Begin at the top: what needs you comes first. Everything else can wait, and nothing is public "
        "until you say so.",
        "",
    ),
    "studio.upload": (
        "Choose the show, pick the file or drop it here, confirm that everyone has agreed, and press Upload. "
        "You may close the page when the file has been sent.",
        "2-upload",
    ),
    "studio.episode": (
        "From top to bottom: hear the sound, read the transcript, say what it is about, name the people, "
        "then publish. You can leave and come back at any step.",
        "5-publish",
    ),
    "studio.episode_edit": (
        "A clear title and two or three sentences are enough. Notes are for links and thanks.",
        "5-publish",
    ),
    "studio.episode_chapters": (
        "Listen. When something new begins, choose “Add a chapter”, type its title, and save at the end.",
        "chapters",
    ),
    "studio.episode_schedule": (
        "Choose the day and the time; it becomes public by itself then.",
        "at-a-day-and-time",
    ),
    "studio.episode_take_back": (
        "Read what will follow, then press the button, or leave it.",
        "changing-your-mind",
    ),
    "studio.draft_link_list": (
        "Make a link and send it to somebody who should hear and read this first. Take it back when they have.",
        "to-somebody-first",
    ),
    "studio.transcript": (
        "Listen where words are marked first. Choose Edit beside a sentence, type what was said, press Enter. "
        "When all of it is right, mark it as checked.",
        "4-read-and-correct",
    ),
    "studio.sentence": ("Play the sentence, type what was said, and save.", "4-read-and-correct"),
    "studio.credit_add": ("Choose somebody, or enter a new name, and say what they did.", "5-publish"),
    "studio.consent_add": (
        "Write down who agreed to what, how, when, and who asked them. Without it a story stays unpublished.",
        "5-publish",
    ),
    "studio.consent_withdraw": (
        "If somebody no longer agrees, say so here: the story is taken back at once.",
        "changing-your-mind",
    ),
    "studio.show": (
        "Upload a recording for this show, or open an episode. The feed address is what podcast apps need.",
        "1-sign-in-and-choose-a-show",
    ),
    "studio.show_new": ("Say what the show is called and what it is for.", "1-sign-in-and-choose-a-show"),
    "studio.show_edit": (
        "Change what people and podcast apps see of the show.",
        "1-sign-in-and-choose-a-show",
    ),
    "studio.show_artwork": (
        "Choose a square picture of at least 1400 by 1400 pixels, and say in words what it shows.",
        "1-sign-in-and-choose-a-show",
    ),
    "studio.show_seasons": ("Add a season if episodes of a year or a topic belong together.", ""),
    "studio.show_doctor": (
        "Read what podcast apps would refuse or leave out, and follow the links to mend it. Nothing here stops you from publishing.",
        "before-podcast-apps-see-it",
    ),
    "studio.community": ("Open a show, add one, or look after the people of the community.", ""),
    "studio.community_new": ("Give the community a name; the rest can follow.", ""),
    "studio.community_edit": ("Say what the community cares about, who it is for and what it does.", ""),
    "studio.community_people": ("Add whoever is heard or named, by the name that they want to be shown.", ""),
    "studio.person": ("Change the name as it should be shown everywhere.", ""),
    "studio.community_members": (
        "Invite people by their e-mail address, and choose what they may do.",
        "working-together",
    ),
    "studio.in_bin": (
        "Take out what you want to keep; the rest is deleted after 30 days.",
        "changing-your-mind",
    ),
    "studio.audit_list": (
        "Look up who changed what, and when. There is nothing to do here.",
        "working-together",
    ),
    "studio.unanswered": (
        "See what people looked for in vain. Say the word where you already have it, or take it as an idea.",
        "searched-for-and-not-found",
    ),
    "studio.list_accounts": ("Make an account, or a link for somebody who forgot their password.", ""),
    "studio.close_account": ("Close the account of somebody who has left; you can open it again.", ""),
    "studio.take_off_factors": (
        "Do this for somebody who lost their phone and their recovery codes. Make sure that it is them who asks.",
        "",
    ),
    "studio.work": (
        "Look at what has stopped first: try it again once, and open its episode if it stops again. Everything else goes on by itself.",
        "",
    ),
    "studio.health": ("If a part is not well, it says what to do. Otherwise there is nothing to do.", ""),
}


@bp.get("/help")
def guide() -> ResponseReturnValue:
    """The guide for producers."""
    return render_template("studio/help.html", guide=_guide(url_for("studio.guide_picture", name="x")[:-1]))


@bp.get("/help/<name>")
def guide_picture(name: str) -> ResponseReturnValue:
    """A picture of the guide."""
    if not re.fullmatch(r"[a-z-]+\.png", name):
        raise NotFound("There is nothing at this address.")
    return send_from_directory(DOCS / "pictures", name)


@bp.context_processor
def what_to_do_here() -> dict[str, tuple[str, str] | None]:
    """The words for this page."""
    return {"help_here": WORDS.get(request.endpoint or "")}


@cache
def _guide(pictures: str) -> str:
    """docs/producers.md as HTML: headings with ids, pictures from here. Its own first heading is the page's."""
    text = (DOCS / "producers.md").read_text("utf-8").partition("\n")[2]
    made = MarkdownIt("commonmark").render(text)
    made = _PICTURE.sub(lambda found: _picture(pictures, found[1]), made)
    made = _HEADING.sub(lambda found: f'<{found[1]} id="{anchor(found[2])}">{found[2]}</{found[1]}>', made)
    return nh3.clean(
        made,
        attributes={
            "a": {"href"},
            "img": {"src", "alt", "loading", "width", "height"},
            "h2": {"id"},
            "h3": {"id"},
        },
        url_relative="pass_through",
    )


def _picture(pictures: str, name: str) -> str:
    """Where it is, and how large: its place is kept while it loads, and nothing moves away from who reads."""
    with Image.open(DOCS / "pictures" / name) as picture:
        width, height = picture.size
    return f'src="{pictures}{name}" loading="lazy" width="{width}" height="{height}"'


def anchor(heading: str) -> str:
    """The id of a heading: "4. Read and correct" is "4-read-and-correct"."""
    return re.sub(r"[^a-z0-9]+", "-", heading.lower()).strip("-")


def anchors() -> set[str]:
    """All ids of the guide."""
    return set(re.findall(r'id="([^"]+)"', _guide("")))
