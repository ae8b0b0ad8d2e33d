"""Forms of the studio: fields and their hints. What a value may be is said by the services, once.

Each form has exactly the fields that a person may set; nothing else of a request reaches a row (T33).
"""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from flask import render_template
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateField,
    EmailField,
    FileField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
    TimeField,
    URLField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional

from app.errors import Invalid
from app.models import CreditRole, EpisodeKind, EpisodeType, MemberRole, PublishWish, ShowOrder
from app.services.shows import LANGUAGES
from app.services.uploads import AGREEMENT
from app.web.form import BaseForm
from feeds.categories import APPLE_CATEGORIES


def options(pairs: Iterable[tuple[str, str]]) -> list[SelectChoice]:
    """What a select or radio field offers, from values and words."""
    return [SelectChoice(value, words) for value, words in pairs]


KINDS = [
    (EpisodeKind.episode.value, "Episode: a conversation, talk or interview"),
    (EpisodeKind.story.value, "Story: somebody tells of their own life, care or work"),
]
WISHES = [
    (PublishWish.none.value, "Keep it as a draft. I will publish it myself."),
    (PublishWish.when_ready.value, "Publish it when the transcript is ready"),
    (PublishWish.now.value, "Publish it as soon as it can be heard; the transcript joins later"),
]
ROLES = [
    (CreditRole.host.value, "Host"),
    (CreditRole.cohost.value, "Co-host"),
    (CreditRole.guest.value, "Guest"),
    (CreditRole.storyteller.value, "Storyteller"),
    (CreditRole.narrator.value, "Narrator"),
    (CreditRole.producer.value, "Producer"),
    (CreditRole.editor.value, "Editor"),
]
MEMBER_ROLES = [
    (MemberRole.producer.value, "Producer: uploads and edits, and publishes where the show allows it"),
    (
        MemberRole.facilitator.value,
        "Facilitator: looks after the community, its shows and members, and publishes",
    ),
    (MemberRole.storyteller.value, "Storyteller: tells stories; does not work in the studio"),
    (MemberRole.member.value, "Member: belongs to the community; does not work in the studio"),
]
CATEGORIES = [
    ("|".join((category, subcategory)), f"{category}: {subcategory}" if subcategory else category)
    for category, subcategories in APPLE_CATEGORIES.items()
    for subcategory in ("", *subcategories)
]
SPOKEN = [("", "Find out from the recording")] + [
    (tag.split("-")[0], name) for tag, name in LANGUAGES.items()
]


#: The form library's own messages, as a person would say them.
_SAID = {
    "Not a valid choice.": "Choose one of the list.",
    "Not a valid integer value.": "Enter a whole number, such as 3.",
    "Not a valid date value.": "Enter a day, such as 27 March 2026.",
    "Not a valid time value.": "Enter a time, such as 09:00.",
}


class PlainWords:
    """Stands where the form library looks for translations."""

    def gettext(self, text: str) -> str:
        """The message in our words."""
        return _SAID.get(text, text)

    def ngettext(self, singular: str, plural: str, number: int) -> str:
        """The message for this number."""
        return singular if number == 1 else plural


class StudioForm(BaseForm):
    """A form with its problems in one place."""

    class Meta(BaseForm.Meta):
        """How its messages are said."""

        def get_translations(self, form: FlaskForm) -> PlainWords:
            """Our words, whatever languages the browser asks for."""
            return PlainWords()

    def blame(self, refused: Invalid) -> None:
        """Put each problem beside the field that it is about; what has no field goes to the top."""
        for name, message in refused.problems.items():
            if name in self:
                self[name].errors = [*self[name].errors, message]
            else:
                self.form_errors.append(message)


class PlainForm(StudioForm):
    """A button: nothing but the proof that the person pressed it on our page."""


class CommunityForm(StudioForm):
    """What a community is about."""

    name = StringField("Name")
    summary = StringField("In one sentence (optional)", description="Shown on the home page under the name.")
    domain = TextAreaField(
        "Domain (optional)", description="The field of concern that brings people together."
    )
    community = TextAreaField(
        "Community (optional)", description="Who takes part, and how they commit to each other."
    )
    practice = TextAreaField(
        "Practice (optional)", description="What members do, and what they improve together."
    )
    learning_agenda = TextAreaField(
        "Learning agenda (optional)",
        description="What the community wants to learn next.",
    )
    links = TextAreaField(
        "Handy links (optional)",
        description="One on each line: its title, then | and its address. For example: NICE guidance | "
        "https://www.nice.org.uk",
    )
    contact_email = EmailField(
        "Contact e-mail (optional)",
        description="Shown to everybody.",
    )


class ShowForm(StudioForm):
    """What a show is, and how its episodes are made."""

    title = StringField("Title")
    description = TextAreaField(
        "Description",
        description="What listeners read before they subscribe. Up to 4,000 characters.",
    )
    author = StringField(
        "Author (optional)",
        description="As podcast apps show it, for example the name of your academy.",
    )
    owner_email = EmailField(
        "E-mail for podcast directories (optional)",
        description="Directories write to it to prove that the show is yours. It is public in the feed.",
    )
    language = SelectField("Language of the pages and feed", choices=options(LANGUAGES.items()))
    spoken_language = SelectField("Language spoken in the recordings", choices=options(SPOKEN))
    category = SelectField("Category in podcast apps", choices=options(CATEGORIES))
    order = RadioField(
        "How should people listen?",
        choices=options(
            [
                (ShowOrder.episodic.value, "Newest first: each episode stands alone"),
                (ShowOrder.serial.value, "From the beginning: episodes build on each other"),
            ]
        ),
    )
    explicit = BooleanField(
        "This show has explicit language or content",
        description="Podcast apps then say “explicit” beside it.",
    )
    requires_checked = BooleanField("Publish only after a person has checked the transcript")
    producers_publish = BooleanField("Producers may publish without asking a facilitator")
    accurate = BooleanField("Transcribe more carefully (takes about twice as long)")
    locked = BooleanField("Other podcast services may not import this show")
    copyright = StringField("Copyright (optional)", description="For example: The Academy, CC BY-NC 4.0")
    verify_text = TextAreaField(
        "Text that proves ownership (optional)",
        description="Only if a directory gave you one, for example Apple Podcasts.",
    )


class ArtworkForm(StudioForm):
    """A show's picture."""

    picture = FileField(
        "Picture",
        description="JPEG, PNG, WebP or GIF, at least 1400 by 1400 pixels, up to 20 MB. The "
        "middle is cut to a square.",
    )
    artwork_alt = StringField(
        "What does the picture show?",
        description="Read out to people who cannot see it.",
    )


class SeasonForm(StudioForm):
    """A numbered part of a show."""

    number = IntegerField("Number", validators=[Optional()])
    name = StringField("Name (optional)")


class PersonForm(StudioForm):
    """Somebody who is heard or credited."""

    public_name = StringField(
        "Name",
        description="As it should be shown. It may be a first name or a name of their choice.",
    )
    about = TextAreaField("About (optional)", description="One or two sentences.")
    link = URLField("Web page (optional)", description="It begins with https://")


class UploadForm(StudioForm):
    """A recording, what it is for, and that those who are heard have agreed."""

    show = SelectField("Show")
    kind = RadioField("What is it?", choices=options(KINDS), default=EpisodeKind.episode.value)
    title = StringField(
        "Title (optional)",
        description="You can change it later. Without one we take the name of the file.",
    )
    recording = FileField("Recording")
    agreed = BooleanField(AGREEMENT)
    wish = RadioField("What should happen then?", choices=options(WISHES), default=PublishWish.none.value)
    recording_id = HiddenField()


class EpisodeForm(StudioForm):
    """What is said of an episode."""

    title = StringField("Title")
    summary = TextAreaField(
        "Summary (optional)",
        description="Two or three sentences for lists and podcast apps. Up to 1,000 characters.",
    )
    notes = TextAreaField(
        "Notes (optional)",
        description="Links, resources, thanks. You can use **bold**, *italic*, lists and "
        "[links](https://...). A time such as 12:30 becomes a link to that moment.",
    )
    content_note = StringField(
        "Content note (optional)",
        description="What may be hard to hear, said before the player. For example: talks about loss.",
    )
    kind = RadioField("Kind", choices=options(KINDS))
    season_id = SelectField("Season (optional)")
    number = IntegerField("Number (optional)", validators=[Optional()])
    episode_type = SelectField(
        "Type",
        choices=options(
            [
                (EpisodeType.full.value, "Full episode"),
                (EpisodeType.trailer.value, "Trailer"),
                (EpisodeType.bonus.value, "Bonus"),
            ]
        ),
    )
    explicit = BooleanField(
        "This episode has explicit language or content",
        description="Podcast apps then say “explicit” beside it.",
    )


class CreditForm(StudioForm):
    """Who did what: somebody known, or a new name."""

    person = SelectField("Person")
    new_name = StringField("Or the name of somebody new")
    role = SelectField("Role", choices=options(ROLES))


class ConsentForm(StudioForm):
    """That a person agreed."""

    person = SelectField("Who agreed?")
    purpose = StringField(
        "What did they agree to?",
        description="For example: publishing the story with their first name as a podcast.",
    )
    how_given = StringField(
        "How did they agree?",
        description="For example: on the signed form, or in the recording.",
    )
    given_on = DateField("When did they agree?", validators=[Optional()])
    taken_by = StringField("Who asked them?")


class ScheduleForm(StudioForm):
    """A day and a time, in the service's zone."""

    day = DateField("Day", validators=[Optional()])
    time = TimeField("Time", validators=[Optional()])


class MemberForm(StudioForm):
    """Who is asked into a community, as what."""

    email = EmailField("E-mail address")
    role = RadioField("What they may do", choices=options(MEMBER_ROLES), default=MemberRole.producer.value)


class SentenceForm(StudioForm):
    """One sentence of a transcript."""

    text = TextAreaField("Sentence")
    transcript = HiddenField()
    revision = HiddenField()


def page(template: str, form: StudioForm, **context: Any) -> ResponseReturnValue:
    """The page with its form: as unprocessable where something in it is wrong, keeping what was typed."""
    wrong = bool(form.errors or form.form_errors)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK
    return render_template(template, form=form, **context), status
