"""What has happened to services like this one, and the findings behind our design: each with its tests."""

from tests.threats import register as r

#: Class of weakness (where it was) -> the tests that hold it here.
PEERS: dict[str, str] = {
    "path traversal by upload (AzuraCast CVE-2026-42605)": r.KEYS,
    "prefix in the place of a path (Audiobookshelf CVE-2026-42885)": r.OWNERS,
    "reading and deleting any file (Audiobookshelf CVE-2023-47619)": r.KEYS
    + """
    storage/test_contract.py::test_no_call_takes_a_key_that_was_not_made_here
    storage/test_folder.py::test_a_link_in_the_store_leads_nowhere
    web/test_media.py::test_no_other_picture_can_be_asked_for
    """,
    "requests to inside (Audiobookshelf CVE-2023-51697, PeerTube CVE-2022-0508, Indico CVE-2026-25738)": """
    audio/test_sandbox.py::test_the_child_reaches_no_network
    feeds/test_reading.py::test_nothing_is_read_from_elsewhere
    web/test_own_look.py::test_no_client_can_pass_for_the_service_itself
    threats/test_children.py::test_only_a_few_modules_speak_to_the_network
    """,
    "sign-in passed by an address (Audiobookshelf CVE-2025-25205)": r.TRICKS,
    "token leaked by a redirect (Audiobookshelf CVE-2025-57800)": r.NEXT
    + """
    web/organisation/test_answers.py::test_people_are_sent_back_to_the_public_address_only
    web/test_account_sign_in.py::test_no_token_in_an_address_or_header_signs_in
    """,
    "scripts in notes, subtitles, tags (Audiobookshelf 9052cee, Opencast CVE-2017-1000217, PeerTube)": r.GRID
    + """
    threats/test_file_tags.py::test_nothing_that_a_file_says_of_itself_is_taken_over
    test_notes.py::test_hostile_notes_become_only_listed_elements_without_scripts
    """,
    "any file uploaded and run (podinfo GHSA-mw8w-q3f7-2v85)": """
    storage/test_keys.py::test_no_key_is_served_as_something_a_browser_runs
    web/test_media.py::test_a_picture_is_kept_for_ever_and_never_run
    audio/test_probe.py::test_what_is_no_recording_is_refused_in_words
    """,
    "a check that one of several routes lacks (AzuraCast GHSA-qff7, FreshRSS CVE-2025-62166)": r.MATRIX
    + """
    web/test_route_matrix.py::test_every_studio_route_is_behind_the_studios_hook
    web/test_bulk_undo.py::test_episodes_of_another_show_are_not_known_here
    """,
    "poisoned hosts (Indico CVE-2021-30185, AzuraCast CVE-2026-42606)": r.HOSTS,
    "playlists read by ffmpeg (2016, 2017, CVE-2023-6602, -6604, -6605)": r.PLAYLISTS + r.NO_OTHER_FILE,
    "options for ffmpeg (Jellyfin GHSA-866x-wj5j-2vf4, CVE-2026-35033)": r.ARGUMENTS,
    "tags that hang or fill the memory (mutagen 112, 191, 373, 433; taglib 466)": r.KILLABLE
    + """
    threats/test_children.py::test_tags_are_read_of_files_that_we_made
    threats/test_file_tags.py::test_nothing_that_a_file_says_of_itself_is_taken_over
    """,
    "bombs of XML (feedgen CVE-2020-5227)": r.XML,
    "forms of very many parts (Werkzeug CVE-2023-25577, CVE-2023-46136)": r.BODIES,
    "sessions in shared caches (Flask CVE-2023-30861, CVE-2026-27205)": r.CACHES,
    "sessions that do not end (FreshRSS CVE-2025-54592)": r.SESSIONS,
    "formulas in tables (tendenci 919)": r.TABLES,
    "headers by a file's name": r.HEADERS,
    "signed addresses": r.PARTS
    + """
    storage/test_s3.py::test_an_address_names_no_secret
    storage/test_contract.py::test_a_signed_address_serves_ranges_and_only_its_own_method
    """,
    "poisoned pictures in caches (FreshRSS CVE-2025-46339)": """
    web/test_media.py::test_a_picture_is_kept_for_ever_and_never_run
    web/test_media.py::test_no_other_picture_can_be_asked_for
    web/test_feed.py::test_a_query_string_changes_nothing
    """,
    "secrets in logs (FreshRSS CVE-2023-22481)": r.LOGS,
    "bombs of silence": r.BOMBS,
    "roles by a field (FreshRSS CVE-2025-54875)": r.ROWS["T33 fields that nobody may set"],
    "lengths (Mastodon CVE-2026-23963)": r.ROWS["T35 lengths and amounts"],
    "frames and buttons that send elsewhere (FreshRSS CVE-2025-32015)": r.GRID,
    "ranges (Starlette GHSA-7f5h)": r.ROWS["T28 ranges"],
}

FINDINGS: dict[str, str] = {
    "1 a recording may be a playlist that reads other files": r.PLAYLISTS,
    "2 no address for the decoder": r.ARGUMENTS + "audio/test_sandbox.py::test_the_child_reaches_no_network",
    "3 the format is chosen, not guessed": """
    audio/test_playlists.py::test_no_demuxer_of_ours_reads_a_playlist
    audio/test_playlists.py::test_mastering_opens_no_other_format_than_the_one_inspected
    audio/test_containers.py::test_the_sniffer_asks_for_the_whole_magic
    """,
    "4 only a child that can be killed has a limit": r.KILLABLE,
    "5 tags are parsed by no process of the web": """
    threats/test_children.py::test_tags_are_read_of_files_that_we_made
    """,
    "6 long work is not cut off": """
    pipeline/test_killed.py::test_a_worker_killed_in_its_steps_leaves_what_an_undisturbed_one_leaves
    pipeline/test_killed.py::test_a_frozen_worker_goes_on_where_it_was
    """,
    "7 addresses come from the settings": r.HOSTS,
    "8 the feed library trusts its caller": r.ROWS["T11 feeds"],
}
