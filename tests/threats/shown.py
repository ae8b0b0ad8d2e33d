"""Where the text of each field belongs: outputs that have to show it, and outputs that must not."""

from tests.threats.payloads import names

_PAGES = "site.community site.show site.episode"
_WORDS = "media.transcript.txt media.transcript.json media.transcript.html"

#: Field -> outputs in which its text is read whole.
WHOLE: dict[str, str] = {
    "CommunityForm.name": f"{_PAGES} site.home site.communities search.search studio.community"
    " studio.community_edit studio.show studio.dashboard studio.list_accounts studio.community_people"
    " studio.community_members joining.invitation joining.leave",
    "CommunityForm.summary": "site.home site.communities site.community studio.community"
    " studio.community_edit",
    "CommunityForm.domain": "studio.community_edit",
    "CommunityForm.community": "studio.community_edit",
    "CommunityForm.practice": "studio.community_edit",
    "CommunityForm.learning_agenda": "studio.community_edit",
    "CommunityForm.links": "site.community studio.community_edit",
    "ShowForm.title": f"{_PAGES} site.home search.search feed.opml feed.show_feed media.chapters embed.player"
    " draft.episode studio.dashboard studio.upload studio.community studio.episode studio.show"
    " studio.show_edit",
    "ShowForm.description": "studio.show_edit",
    "ShowForm.author": "feed.show_feed embed.describe.json embed.describe.xml studio.show_edit",
    "ShowForm.copyright": "feed.show_feed studio.show_edit",
    "ShowForm.verify_text": "feed.show_feed studio.show_edit",
    "ArtworkForm.artwork_alt": "site.show site.episode feed.show_feed embed.player draft.episode studio.show",
    "SeasonForm.name": "site.show feed.show_feed studio.show_seasons studio.episode_edit",
    "PersonForm.public_name": "studio.community_people studio.person",
    "PersonForm.about": "studio.community_people studio.person",
    "EpisodeForm.title": f"{_PAGES} feed.show_feed media.chapters embed.player embed.describe.json"
    " embed.describe.xml draft.episode studio.show_listeners studio.episode studio.show"
    " studio.episode_edit studio.episode_chapters studio.transcript studio.draft_link_make search.page"
    " search.json",
    "EpisodeForm.summary": f"{_PAGES} feed.show_feed draft.episode studio.episode studio.episode_edit"
    " search.json",
    "EpisodeForm.notes": "studio.episode_edit",
    "EpisodeForm.content_note": "site.episode feed.show_feed embed.player draft.episode studio.episode"
    " studio.episode_edit",
    "CreditForm.new_name": "site.community site.episode search.search feed.show_feed draft.episode"
    " studio.community_people studio.episode",
    "ConsentForm.purpose": "studio.episode",
    "ConsentForm.how_given": "studio.episode",
    "ConsentForm.taken_by": "studio.episode",
    "SentenceForm.text": f"site.episode embed.player draft.episode {_WORDS} media.transcript.vtt"
    " studio.transcript search.json",
    "NameForm.name": "studio.community_members",
    "NewAccountForm.name": "studio.list_accounts studio.add_account studio.community_members"
    " studio.close_account",
    "form title": "site.episode media.chapters draft.episode studio.episode_chapters",
    "unanswered_searches.words": "studio.unanswered",
    "passkeys.name": "factors.show factors.passkey_remove",
    "api_tokens.name": "tokens.show tokens.take_back",
    "segments.speaker": f"site.episode embed.player draft.episode {_WORDS} media.transcript.vtt",
}

#: Outputs that write the text in their own way (Markdown, marks, signs that a format has no room for): the
#: word is there.
WORD: dict[str, str] = {
    "CommunityForm.domain": "site.community",
    "CommunityForm.community": "site.community",
    "CommunityForm.practice": "site.community",
    "CommunityForm.learning_agenda": "site.community",
    "ShowForm.description": "site.show feed.show_feed",
    "EpisodeForm.summary": "search.page",
    "EpisodeForm.notes": "site.episode feed.show_feed draft.episode studio.episode search.page search.json",
    "SentenceForm.text": "search.page",
}

#: What nobody sees who is not signed in.
PRIVATE = frozenset(
    (
        "ConsentForm.purpose",
        "ConsentForm.how_given",
        "ConsentForm.taken_by",
        "NameForm.name",
        "NewAccountForm.name",
        "PersonForm.public_name",
        "PersonForm.about",
        "json file_name",
        "unanswered_searches.words",
        "passkeys.name",
        "api_tokens.name",
    )
)

#: Headers of our answers; a value that had made one of its own would be found.
HEADERS = names(
    """
    Content-Type Content-Length Content-Security-Policy X-Content-Type-Options Referrer-Policy
    Permissions-Policy Cross-Origin-Opener-Policy Cross-Origin-Resource-Policy X-Frame-Options
    Cache-Control X-Robots-Tag Vary Location ETag Last-Modified Accept-Ranges
    Access-Control-Allow-Origin Access-Control-Expose-Headers Content-Disposition Set-Cookie Date
    Retry-After Allow X-Request-ID
    """
)
