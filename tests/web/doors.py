"""Who may do what at every address, as a table: a row for each method of each route.

Whoever adds a route adds a row, or test_route_matrix.py fails.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tests.web.places import ROLES, Place
from tests.web.signing import PASSWORD

HERE = "http://127.0.0.1:8000"
IN, SIGN_IN, NO, NOTHING = "comes in", "is asked to sign in", "is told no", "finds nothing"


def door(*answers: str) -> dict[str, str]:
    """What each role meets, in the order of ROLES."""
    return dict(zip(ROLES, answers, strict=True))


#                anonymous member storyteller stranger producer facilitator owner
PUBLIC = door(IN, IN, IN, IN, IN, IN, IN)
NOBODY = door(NOTHING, NOTHING, NOTHING, NOTHING, NOTHING, NOTHING, NOTHING)
FORGED = door(NO, NO, NO, NO, NO, NO, NO)
SIGNED_IN = door(SIGN_IN, IN, IN, IN, IN, IN, IN)
STUDIO = door(SIGN_IN, NO, NO, IN, IN, IN, IN)
MAKE = door(SIGN_IN, NO, NO, NOTHING, IN, IN, IN)
MANAGE = door(SIGN_IN, NO, NO, NOTHING, NO, IN, IN)
OWNER = door(SIGN_IN, NO, NO, NOTHING, NOTHING, NOTHING, IN)
OWNER_SAYS_NO = door(SIGN_IN, NO, NO, NO, NO, NO, IN)
KEEPS = door(SIGN_IN, NO, NO, NO, NO, IN, IN)
LEAVE = door(SIGN_IN, IN, IN, NOTHING, IN, IN, NOTHING)
MINE = door(SIGN_IN, NO, NO, NOTHING, IN, NOTHING, NOTHING)
THEIR_OWN = door(SIGN_IN, NOTHING, NOTHING, NOTHING, IN, NOTHING, NOTHING)
#: No cookie opens the API: tests/web/api comes in by tokens.
BY_TOKEN = door(SIGN_IN, SIGN_IN, SIGN_IN, SIGN_IN, SIGN_IN, SIGN_IN, SIGN_IN)
HALF_WAY = door(SIGN_IN, SIGN_IN, SIGN_IN, SIGN_IN, SIGN_IN, SIGN_IN, SIGN_IN)


@dataclass(frozen=True)
class Row:
    """One method of one route."""

    door: Mapping[str, str]
    form: Mapping[str, str] = field(default_factory=dict)
    json: Callable[[Place], dict[str, object]] | None = None
    #: What has to stand behind the address.
    query: Callable[[Place], dict[str, str]] | None = None
    #: What a change without the session's token is answered; another one where something else is asked for.
    without_token: int = 400


TABLE: dict[tuple[str, str], Row] = {
    ("static", "GET"): Row(PUBLIC),
    ("site.home", "GET"): Row(PUBLIC),
    ("site.communities", "GET"): Row(PUBLIC),
    ("site.community", "GET"): Row(PUBLIC),
    ("site.show", "GET"): Row(PUBLIC),
    ("site.episode", "GET"): Row(PUBLIC),
    ("site.accessibility", "GET"): Row(PUBLIC),
    ("site.privacy", "GET"): Row(PUBLIC),
    ("site.sitemap", "GET"): Row(PUBLIC),
    ("site.robots", "GET"): Row(PUBLIC),
    ("search.search", "GET"): Row(PUBLIC),
    ("feed.show_feed", "GET"): Row(PUBLIC),
    ("feed.opml", "GET"): Row(PUBLIC),
    ("media.enclosure", "GET"): Row(PUBLIC),
    ("media.transcript", "GET"): Row(PUBLIC),
    ("media.chapters", "GET"): Row(PUBLIC),
    ("media.artwork", "GET"): Row(PUBLIC),
    ("embed.player", "GET"): Row(PUBLIC),
    ("embed.describe", "GET"): Row(PUBLIC, query=lambda place: {"url": f"{HERE}/embed/{place.episode.guid}"}),
    ("health.show", "GET"): Row(PUBLIC),
    # no token is set here: test_metrics has one
    ("metrics.show", "GET"): Row(NOBODY),
    # a token that we did not make: tests/storage and test_account_links have the good ones
    ("parts.put_part", "PUT"): Row(FORGED, without_token=403),
    # a page tells that somebody listens: nobody has to be anybody, and no table is written
    ("listening.tell", "POST"): Row(PUBLIC, without_token=204),
    ("account.welcome", "GET"): Row(NOBODY),
    ("account.welcome", "POST"): Row(NOBODY),
    ("account.reset", "GET"): Row(NOBODY),
    ("account.reset", "POST"): Row(NOBODY),
    ("account.sign_in", "GET"): Row(PUBLIC),
    ("account.sign_in", "POST"): Row(PUBLIC),
    ("account.sign_out", "POST"): Row(PUBLIC),
    ("account.ask_reset", "GET"): Row(PUBLIC),
    ("account.ask_reset", "POST"): Row(PUBLIC),
    ("account.show", "GET"): Row(SIGNED_IN),
    ("account.rename", "POST"): Row(SIGNED_IN),
    ("account.change_password", "POST"): Row(SIGNED_IN),
    # only for whoever has just entered a right password: test_second_step comes in
    ("second_step.code", "GET"): Row(HALF_WAY),
    ("second_step.code", "POST"): Row(HALF_WAY),
    ("second_step.recovery", "GET"): Row(HALF_WAY),
    ("second_step.recovery", "POST"): Row(HALF_WAY),
    ("factors.show", "GET"): Row(SIGNED_IN),
    ("factors.app_code", "GET"): Row(SIGNED_IN),
    ("factors.app_code", "POST"): Row(SIGNED_IN),
    ("factors.app_code_off", "GET"): Row(SIGNED_IN),
    ("factors.app_code_off", "POST"): Row(SIGNED_IN),
    ("factors.new_codes", "GET"): Row(SIGNED_IN),
    ("factors.new_codes", "POST"): Row(SIGNED_IN),
    ("factors.passkey_remove", "GET"): Row(THEIR_OWN),
    ("factors.passkey_remove", "POST"): Row(THEIR_OWN),
    ("passkeys.new", "GET"): Row(SIGNED_IN),
    ("passkeys.ask_to_add", "POST"): Row(SIGNED_IN, form={"name": "Phone"}),
    ("passkeys.add", "POST"): Row(SIGNED_IN, json=lambda _place: {}),
    ("passkeys.ask_to_sign_in", "POST"): Row(PUBLIC, json=lambda _place: {}),
    ("passkeys.sign_in", "POST"): Row(PUBLIC, json=lambda _place: {}),
    ("tokens.show", "GET"): Row(SIGNED_IN),
    ("tokens.new", "GET"): Row(STUDIO),
    ("tokens.new", "POST"): Row(
        STUDIO, form={"name": "Nightly", "scopes": "read", "days": "365", "current": PASSWORD}
    ),
    ("tokens.take_back", "GET"): Row(THEIR_OWN),
    ("tokens.take_back", "POST"): Row(THEIR_OWN),
    # a token that we did not make: test_members has the good ones
    ("joining.invitation", "GET"): Row(NOBODY),
    ("joining.invitation", "POST"): Row(NOBODY),
    ("joining.prove_email", "GET"): Row(NOBODY),
    ("joining.prove_email", "POST"): Row(NOBODY),
    ("joining.change_email", "GET"): Row(SIGNED_IN),
    ("joining.change_email", "POST"): Row(SIGNED_IN),
    ("joining.leave", "GET"): Row(SIGNED_IN),
    ("joining.leave", "POST"): Row(LEAVE),
    # no provider is set here: tests/web/organisation has one
    ("organisation.begin", "GET"): Row(NOBODY),
    ("organisation.come_back", "GET"): Row(NOBODY),
    ("organisation.finish", "POST"): Row(NOBODY),
    ("organisation.own", "GET"): Row(NOBODY),
    ("organisation.own", "POST"): Row(NOBODY),
    ("organisation.disconnect", "POST"): Row(NOBODY),
    ("studio.audit_list", "GET"): Row(KEEPS),
    ("studio.unanswered", "GET"): Row(KEEPS),
    ("studio.community_members", "GET"): Row(MANAGE),
    ("studio.community_members", "POST"): Row(MANAGE, form={"email": "new@example.org", "role": "producer"}),
    ("studio.member_role", "POST"): Row(MANAGE, form={"role": "producer"}),
    ("studio.invitation_link", "POST"): Row(MANAGE),
    ("studio.invitation_take_back", "POST"): Row(MANAGE),
    ("studio.dashboard", "GET"): Row(STUDIO),
    ("studio.in_bin", "GET"): Row(STUDIO),
    ("studio.notice_read", "POST"): Row(MINE),
    ("studio.notes_preview", "POST"): Row(STUDIO),
    ("studio.health", "GET"): Row(OWNER),
    ("studio.work", "GET"): Row(OWNER),
    ("studio.work_again", "POST"): Row(OWNER),
    ("studio.list_accounts", "GET"): Row(OWNER),
    ("studio.add_account", "POST"): Row(OWNER),
    ("studio.make_link", "POST"): Row(OWNER),
    ("studio.set_roles", "POST"): Row(OWNER, form={"community": "{community}", "role": "producer"}),
    ("studio.close_account", "GET"): Row(OWNER),
    ("studio.close_account", "POST"): Row(OWNER),
    ("studio.open_account", "POST"): Row(OWNER),
    ("studio.take_off_factors", "GET"): Row(OWNER),
    ("studio.take_off_factors", "POST"): Row(OWNER),
    ("studio.community", "GET"): Row(MAKE),
    ("studio.community_new", "GET"): Row(OWNER_SAYS_NO),
    ("studio.community_new", "POST"): Row(OWNER_SAYS_NO),
    ("studio.community_edit", "GET"): Row(MANAGE),
    ("studio.community_edit", "POST"): Row(MANAGE),
    ("studio.community_people", "GET"): Row(MAKE),
    ("studio.community_people", "POST"): Row(MAKE),
    ("studio.person", "GET"): Row(MAKE),
    ("studio.person", "POST"): Row(MAKE),
    ("studio.person_remove", "POST"): Row(MAKE),
    ("studio.show", "GET"): Row(MAKE),
    ("studio.show_doctor", "GET"): Row(MAKE),
    ("studio.show_new", "GET"): Row(MANAGE),
    ("studio.show_new", "POST"): Row(MANAGE),
    ("studio.show_edit", "GET"): Row(MANAGE),
    ("studio.show_edit", "POST"): Row(MANAGE),
    ("studio.show_artwork", "GET"): Row(MANAGE),
    ("studio.show_artwork", "POST"): Row(MANAGE),
    ("studio.show_seasons", "GET"): Row(MANAGE),
    ("studio.show_seasons", "POST"): Row(MANAGE),
    ("studio.season_remove", "POST"): Row(MANAGE),
    ("studio.episode", "GET"): Row(MAKE),
    ("studio.episode_listeners", "GET"): Row(MAKE),
    ("studio.show_listeners", "GET"): Row(MAKE),
    ("studio.episode_edit", "GET"): Row(MAKE),
    ("studio.episode_edit", "POST"): Row(MAKE),
    ("studio.episode_chapters", "GET"): Row(MAKE),
    ("studio.episode_chapters", "POST"): Row(MAKE),
    ("studio.episode_publish", "POST"): Row(MAKE),
    ("studio.guide", "GET"): Row(STUDIO),
    ("studio.guide_picture", "GET"): Row(STUDIO),
    ("studio.episodes_bulk", "POST"): Row(MAKE),
    ("draft.episode", "GET"): Row(NOBODY),
    ("draft.sound", "GET"): Row(NOBODY),
    ("studio.draft_link_list", "GET"): Row(MAKE),
    ("studio.draft_link_make", "POST"): Row(MAKE),
    ("studio.draft_link_take_back", "POST"): Row(MAKE),
    ("studio.episode_schedule", "GET"): Row(MAKE),
    ("studio.episode_schedule", "POST"): Row(MAKE),
    ("studio.episode_take_back", "GET"): Row(MAKE),
    ("studio.episode_take_back", "POST"): Row(MAKE),
    ("studio.episode_restore", "POST"): Row(MAKE),
    ("studio.credit_add", "GET"): Row(MAKE),
    ("studio.credit_add", "POST"): Row(MAKE),
    ("studio.credit_remove", "POST"): Row(MAKE),
    ("studio.consent_add", "GET"): Row(MAKE),
    ("studio.consent_add", "POST"): Row(MAKE),
    ("studio.consent_withdraw", "GET"): Row(MAKE),
    ("studio.consent_withdraw", "POST"): Row(MAKE),
    ("studio.sound", "GET"): Row(MAKE),
    ("studio.transcript", "GET"): Row(MAKE),
    ("studio.sentence", "GET"): Row(MAKE),
    ("studio.sentence", "POST"): Row(MAKE),
    ("studio.transcript_checked", "POST"): Row(MAKE),
    ("studio.recording_state", "GET"): Row(MAKE),
    ("studio.recording_again", "POST"): Row(MAKE),
    ("studio.upload", "GET"): Row(STUDIO),
    ("studio.upload_plain", "POST"): Row(STUDIO),
    ("studio.upload_begin", "POST"): Row(MAKE, json=lambda place: {"show": place.episode.show.slug}),
    ("studio.upload_state", "GET"): Row(MINE),
    ("studio.upload_parts", "POST"): Row(MINE, json=lambda _place: {"parts": []}),
    ("studio.upload_complete", "POST"): Row(MINE, json=lambda _place: {}),
    ("studio.upload_cancel", "POST"): Row(MINE, json=lambda _place: {}),
    ("api.document", "GET"): Row(PUBLIC),
    ("api.me", "GET"): Row(BY_TOKEN),
    ("api.communities", "GET"): Row(BY_TOKEN),
    ("api.show_list", "GET"): Row(BY_TOKEN),
    ("api.show", "GET"): Row(BY_TOKEN),
    ("api.episode_list", "GET"): Row(BY_TOKEN),
    ("api.episode", "GET"): Row(BY_TOKEN),
    ("api.episode_edit", "PATCH"): Row(BY_TOKEN, json=lambda _place: {}, without_token=401),
    ("api.transcript", "GET"): Row(BY_TOKEN),
    ("api.transcript_file", "GET"): Row(BY_TOKEN),
    ("api.transcript_correct", "PATCH"): Row(BY_TOKEN, json=lambda _place: {}, without_token=401),
    ("api.transcript_checked", "POST"): Row(BY_TOKEN, json=lambda _place: {}, without_token=401),
    ("api.episode_publish", "POST"): Row(BY_TOKEN, json=lambda _place: {}, without_token=401),
    ("api.episode_schedule", "POST"): Row(BY_TOKEN, json=lambda _place: {}, without_token=401),
    ("api.episode_unpublish", "POST"): Row(BY_TOKEN, json=lambda _place: {}, without_token=401),
    ("api.episode_bin", "DELETE"): Row(BY_TOKEN, json=lambda _place: {}, without_token=401),
    ("api.episode_restore", "POST"): Row(BY_TOKEN, json=lambda _place: {}, without_token=401),
    ("api.upload_begin", "PUT"): Row(BY_TOKEN, json=lambda _place: {}, without_token=401),
    ("api.upload_state", "GET"): Row(BY_TOKEN),
    ("api.upload_parts", "POST"): Row(BY_TOKEN, json=lambda _place: {}, without_token=401),
    ("api.upload_complete", "POST"): Row(BY_TOKEN, json=lambda _place: {}, without_token=401),
    ("api.upload_cancel", "DELETE"): Row(BY_TOKEN, json=lambda _place: {}, without_token=401),
    ("api.recording_again", "POST"): Row(BY_TOKEN, json=lambda _place: {}, without_token=401),
}
