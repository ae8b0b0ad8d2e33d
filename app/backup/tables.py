"""Which tables a backup carries, and why it leaves the others. A test holds that each has its place here."""

from typing import Any

#: In the order in which they are written back: what a row names stands before it.
CARRIED = (
    "accounts",
    "communities",
    "people",
    "memberships",
    "invitations",
    "app_codes",
    "recovery_codes",
    "passkeys",
    "spent_challenges",  # a challenge that was answered must not be answered again
    "identities",
    "shows",
    "seasons",
    "api_tokens",
    "episodes",
    "draft_links",
    "credits",
    "consents",
    "chapters",
    "notices",
    "recordings",
    "enclosures",
    "former_enclosures",
    "transcripts",
    "segments",
    "day_counts",
    "spool_files",  # or what a data directory that stays has counted would be counted twice
    "unanswered_searches",
    "audit_entries",
)

LEFT = {
    "roles": "always empty: Flask-Security asks for it",
    "accounts_roles": "always empty: Flask-Security asks for it",
    "sign_in_attempts": "counted for fifteen minutes, under a key that is not in the backup",
    "uploads": "their parts are not in the store yet; the page asks for the file again",
    "windows": "pieces of work: what they found is in the transcript, and what was in work begins anew",
    "child_deaths": "counted for one attempt, and what was in work begins a new one",
    "day_listeners": "who was who today is forgotten tomorrow, which a backup outlives",
    "workers": "processes of another machine",
}

#: Tables of which a row means that a service is in use.
IN_USE = ("accounts", "communities", "audit_entries")

#: Columns that get their value when all rows are there: two tables name each other, and a story may be
#: public only if its consents and its transcript are there. Until then they hold these.
LATER: dict[str, dict[str, Any]] = {
    "episodes": {"state": "draft", "recording_id": None, "enclosure_id": None, "transcript_id": None}
}
