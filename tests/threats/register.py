"""Which tests hold each row of the list of threats; happened.py has what others have met.

A row that does not apply says why. test_register.py proves that every test is there.
"""

MATRIX = """
    web/test_route_matrix.py::test_every_route_has_a_row_and_every_row_a_route
    web/test_route_matrix.py::test_each_role_meets_what_the_table_says
    """
TRICKS = "web/test_route_matrix.py::test_no_trick_of_an_address_opens_a_door"
GRID = """
    threats/test_grid.py::test_every_text_field_of_every_form_has_its_place
    threats/test_grid.py::test_every_column_of_text_is_filled_by_a_field_or_by_us
    threats/test_grid.py::test_every_route_that_shows_something_is_looked_at
    threats/test_grid.py::test_nothing_acts_in_any_output
    threats/test_grid.py::test_a_value_is_read_where_it_belongs
    threats/test_grid.py::test_every_page_forbids_scripts_that_are_not_ours
    """
PLAYLISTS = """
    audio/test_playlists.py::test_a_playlist_is_refused_under_every_name
    audio/test_playlists.py::test_a_playlist_behind_a_borrowed_head_is_refused
    audio/test_playlists.py::test_no_demuxer_of_ours_reads_a_playlist
    audio/test_playlists.py::test_even_a_decoder_told_to_follow_a_playlist_reaches_nothing
    pipeline/test_border.py::test_a_playlist_that_calls_itself_mp3_is_refused_in_words_and_kept
    """
NO_OTHER_FILE = """
    audio/test_playlists.py::test_an_mp4_that_points_to_another_file_is_refused
    audio/test_playlists.py::test_mastering_opens_no_other_format_than_the_one_inspected
    audio/test_sandbox.py::test_the_child_reads_and_writes_nothing_outside_its_folder
    """
ARGUMENTS = """
    audio/test_playlists.py::test_a_name_is_never_an_option_nor_an_address
    threats/test_children.py::test_children_are_started_in_their_few_places_and_never_by_a_shell
    threats/test_children.py::test_the_decoder_is_given_paths_of_ours_and_no_addresses
    """
KILLABLE = """
    audio/test_sandbox.py::test_a_child_that_sleeps_past_its_time_is_killed
    audio/test_sandbox.py::test_a_child_ended_by_a_signal_or_limit_is_named
    audio/test_progress.py::test_nothing_decoded_for_two_minutes_is_a_child_that_is_stuck
    audio/test_fuzz.py::test_every_damaged_file_is_taken_refused_or_kills_only_its_child
    """
HOSTS = """
    web/test_security_headers.py::test_an_unknown_host_is_refused_in_words
    web/test_security_headers.py::test_only_the_public_name_is_trusted
    web/test_security_headers.py::test_only_as_many_proxies_are_believed_as_there_are
    web/test_security_feeds.py::test_a_feed_is_the_same_bytes_whatever_the_headers_say
    web/test_security_feeds.py::test_an_unknown_host_gets_no_feed
    """
CACHES = """
    web/test_security_headers.py::test_private_pages_are_never_kept
    web/test_security_headers.py::test_public_files_neither_read_the_session_nor_vary_by_cookie
    web/test_security_feeds.py::test_a_guessed_etag_tells_nothing_of_what_is_private
    web/test_security_feeds.py::test_a_feed_is_the_same_for_who_is_signed_in
    web/test_embed.py::test_whoever_is_signed_in_it_is_the_same_page_for_everybody
    web/test_feed.py::test_a_query_string_changes_nothing
    """
SESSIONS = """
    web/test_account_sign_in.py::test_a_session_planted_before_sign_in_is_not_the_one_after
    web/test_account_sign_in.py::test_signing_out_ends_the_session_in_every_browser
    web/test_account_sign_in.py::test_a_closed_account_is_out_at_once
    web/test_account_links.py::test_a_reset_link_sets_a_password_once_and_ends_old_sessions
    web/test_account_links.py::test_asking_for_a_link_tells_nobody_who_has_an_account
    web/test_account_sign_in.py::test_every_wrong_try_looks_the_same
    """
TABLES = """
    web/test_sheet.py::test_what_a_spreadsheet_might_calculate_is_text
    web/test_sheet.py::test_every_cell_comes_back_whole_and_never_as_a_formula
    web/test_listeners.py::test_the_file_has_every_day_and_titles_are_never_formulas
    threats/test_grid.py::test_nothing_acts_in_any_output
    """
HEADERS = """
    storage/test_contract.py::test_no_file_name_can_add_a_header
    web/test_media.py::test_a_hostile_slug_is_a_plain_file_name
    web/test_studio_pages.py::test_no_typed_text_can_add_a_header
    web/test_sheet.py::test_the_name_of_the_file_is_plain
    threats/test_grid.py::test_no_header_is_made_by_a_value
    threats/test_addresses.py::test_a_path_that_leads_nowhere_says_so_and_shows_nothing_that_acts
    """
NEXT = """
    web/test_account_sign_in.py::test_next_leads_nowhere_else
    web/organisation/test_answers.py::test_next_is_kept_and_leads_nowhere_else
    threats/test_addresses.py::test_a_value_in_a_query_string_is_text
    """
BOMBS = """
    audio/test_probe.py::test_hours_of_silence_in_a_small_file_are_too_long
    audio/test_probe.py::test_a_length_that_is_declared_is_not_believed
    audio/test_probe.py::test_a_wav_outside_the_bounds_is_refused
    audio/test_length.py::test_a_change_of_form_does_not_begin_the_limit_anew
    audio/test_length.py::test_many_pauses_are_too_long_together
    """
LOGS = """
    test_log.py::test_a_request_is_one_line_without_its_question
    test_log.py::test_tokens_are_not_logged
    test_log.py::test_no_route_with_a_token_shows_it_in_the_log
    """
PARTS = """
    storage/test_upload_contract.py::test_a_late_part_does_not_change_what_was_put_together
    storage/test_upload_contract.py::test_other_bytes_than_announced_are_refused_and_not_kept
    storage/test_upload_contract.py::test_an_address_is_good_for_one_number_only
    storage/test_upload_contract.py::test_an_address_with_a_changed_signature_is_refused
    storage/test_upload_contract.py::test_an_address_does_not_outlive_its_time
    """
KEYS = """
    storage/test_keys.py::test_hostile_names_never_become_keys
    storage/test_keys.py::test_hostile_prefixes_list_nothing
    services/test_uploads.py::test_no_file_name_becomes_part_of_a_key
    storage/test_folder.py::test_an_upload_id_is_never_a_path
    """
OWNERS = """
    storage/test_keys.py::test_no_owners_prefix_reaches_another_owner
    storage/test_keys.py::test_a_longer_or_shorter_owner_is_refused
    storage/test_s3.py::test_places_with_names_that_begin_alike_do_not_see_each_other
    """
BODIES = """
    web/test_security_headers.py::test_a_form_of_very_many_parts_is_too_large
    web/test_security_headers.py::test_a_form_of_more_than_a_mebibyte_is_too_large
    web/test_security_headers.py::test_a_broken_form_is_refused
    web/test_waitress_bodies.py::test_a_large_body_from_nobody_is_refused_and_not_kept
    web/test_waitress_bodies.py::test_a_large_body_in_chunks_is_cut_off_at_the_same_bound
    web/test_waitress_lies.py::test_a_lie_is_refused_and_the_next_visitor_served
    web/test_waitress_lies.py::test_whoever_sends_a_byte_now_and_then_is_cut_off
    web/test_waitress_lies.py::test_a_form_that_no_browser_sends_is_refused
    """
XML = """
    feeds/test_reading.py::test_nothing_is_read_from_elsewhere
    feeds/test_reading.py::test_a_bomb_is_no_feed
    threats/test_children.py::test_every_reader_of_xml_resolves_no_entity
    """

#: Row of the list -> the tests that hold it, below tests/.
ROWS: dict[str, str] = {
    "T1 file names": KEYS
    + """
    services/test_uploads.py::test_a_hostile_file_name_is_kept_as_plain_text
    threats/test_bounds.py::test_an_upload_has_a_title_that_fits_and_a_file_name_that_is_cut
    """,
    "T2 names that begin alike": OWNERS,
    "T3 playlists": PLAYLISTS,
    "T4 a decoder given an address": ARGUMENTS + "audio/test_sandbox.py::test_the_child_reaches_no_network",
    "T5 playlists in a container": NO_OTHER_FILE,
    "T6 bombs of sound": BOMBS,
    "T7 hangs, crashes, memory": KILLABLE
    + """
    pipeline/test_border.py::test_a_child_that_dies_twice_fails_the_recording_in_words
    pipeline/test_border.py::test_after_a_poison_recording_the_worker_lives_and_others_go_on
    """,
    "T8 pictures": """
    services/test_artwork.py::test_what_is_no_picture_of_ours_is_refused
    services/test_artwork.py::test_a_bomb_is_refused_before_its_pixels_are_made
    services/test_artwork.py::test_nothing_of_the_source_but_its_pixels_stays
    services/test_artwork.py::test_more_than_20_megabytes_are_refused_unread
    services/test_broken_pictures.py::test_broken_pictures_are_refused_in_words
    web/test_media.py::test_a_picture_is_kept_for_ever_and_never_run
    """,
    "T9 stored scripts": GRID
    + """
    threats/test_refused_forms.py::test_a_form_of_payloads_is_refused_and_shown_as_text
    threats/test_addresses.py::test_a_value_in_a_query_string_is_text
    threats/test_file_tags.py::test_nothing_that_a_file_says_of_itself_is_taken_over
    threats/test_file_tags.py::test_what_we_write_into_a_file_is_read_as_it_was_typed
    test_notes.py::test_hostile_notes_become_only_listed_elements_without_scripts
    transcription/test_formats.py::test_no_format_carries_what_acts
    """,
    "T10 addresses that run": """
    threats/test_addresses.py::test_what_is_no_address_is_refused
    threats/test_addresses.py::test_behind_a_right_beginning_nothing_leaves_the_address
    feeds/test_hostile_text.py::test_no_address_but_a_web_address_reaches_the_feed
    services/test_communities.py::test_a_link_that_could_harm_is_refused
    services/test_people.py::test_a_bad_name_or_link_is_refused_at_its_field
    """,
    "T11 feeds": """
    feeds/test_hostile_text.py::test_any_text_in_every_field_leaves_a_feed_that_parses
    feeds/test_hostile_text.py::test_titles_come_back_as_they_were_but_for_what_xml_cannot_carry
    feeds/test_omissions.py::test_one_bad_item_is_left_out_alone_and_reported
    services/test_shows.py::test_control_characters_never_reach_a_row
    threats/test_grid.py::test_feeds_have_their_episode_whatever_it_is_called
    """,
    "T12 XML that is read": XML,
    "T14 what is somebody else's": MATRIX
    + """
    web/test_unpublished.py::test_no_other_address_tells_of_it
    web/test_unpublished.py::test_hits_of_what_is_not_public_are_not_even_counted
    web/test_unpublished.py::test_what_never_was_public_answers_like_what_never_existed
    web/test_studio_uploads.py::test_an_upload_of_somebody_else_is_not_there
    web/api/test_doors.py::test_only_ones_own_is_listed
    web/api/test_doors.py::test_each_role_reaches_as_far_as_in_the_studio
    web/api/test_doors.py::test_a_token_does_no_more_than_its_account_may_now
    web/api/test_uploads.py::test_an_id_that_is_another_files_or_somebody_elses_is_refused
    threats/test_grid.py::test_what_is_private_is_in_no_public_output
    """,
    "T15 tricks of addresses": TRICKS,
    "T18 parts": PARTS + "web/test_studio_uploads.py::test_a_part_put_after_completion_changes_nothing",
    "T19 types of what is served": """
    storage/test_keys.py::test_no_key_is_served_as_something_a_browser_runs
    storage/test_contract.py::test_the_type_that_is_served_follows_from_the_key
    storage/test_s3.py::test_a_type_that_somebody_else_set_is_not_served
    """,
    "T20 hosts": HOSTS,
    "T21 caches": CACHES,
    "T22 changes from elsewhere": """
    web/api/test_doors.py::test_without_a_token_that_holds_nothing_opens
    web/test_route_matrix.py::test_a_change_without_a_token_is_refused
    web/test_route_matrix.py::test_looking_changes_no_table
    web/test_security_headers.py::test_a_token_of_another_session_does_not_count
    web/test_security_headers.py::test_a_change_without_a_token_is_refused_and_the_text_is_shown
    web/test_security_headers.py::test_the_cookie_of_a_sign_in_page_is_for_the_server_only
    web/test_security_headers.py::test_behind_https_the_cookie_is_bound_to_the_host
    """,
    "T23 sessions and links": SESSIONS,
    "T24 guessing": """
    web/test_account_sign_in.py::test_the_eleventh_try_at_an_account_has_to_wait
    web/test_account_sign_in.py::test_the_thirty_first_try_from_a_neighbourhood_has_to_wait
    web/test_account_sign_in.py::test_an_unknown_account_has_to_wait_as_well
    web/api/test_doors.py::test_many_tokens_that_nobody_has_are_held_up_and_the_right_one_is_not
    web/api/test_doors.py::test_a_token_in_the_address_is_refused
    web/test_account_links.py::test_nobodys_mailbox_is_flooded
    web/test_draft.py::test_a_guessed_link_shows_nothing
    storage/test_addresses.py::test_no_letter_of_a_token_can_be_changed
    """,
    "T25 search": """
    search/test_hostile.py::test_no_typed_text_is_syntax
    search/test_query.py::test_every_text_is_a_query_and_its_canonical_text_is_the_same_query
    search/test_query.py::test_a_query_is_never_longer_than_its_limits
    web/test_search_page.py::test_nothing_that_people_type_breaks_it
    web/test_wrong_addresses.py::test_no_number_of_a_page_is_a_fault_of_ours
    threats/test_grid.py::test_what_was_searched_for_is_shown_as_it_was_typed
    """,
    "T26 bodies": BODIES,
    "T27 uploads that go on": """
    storage/test_cut_contract.py::test_a_recording_cut_at_any_byte_goes_on_with_the_part_that_was_cut
    storage/test_upload_contract.py::test_the_same_part_many_times_at_once_is_one_part
    storage/test_upload_contract.py::test_missing_parts_are_named_and_nothing_appears
    storage/test_upload_contract.py::test_parts_of_another_size_are_named
    web/test_parts.py::test_a_length_that_lies_is_refused
    web/test_studio_uploads.py::test_a_recording_sent_in_parts_is_stored_byte_for_byte
    """,
    "T28 ranges": """
    web/test_waitress_media.py::test_malformed_and_many_ranges_get_the_whole_once
    web/test_waitress_media.py::test_a_range_beyond_the_end_is_refused_with_the_size
    web/test_waitress_media.py::test_a_range_that_goes_on_with_another_sound_is_the_whole
    """,
    "T29 formulas": TABLES,
    "T30 headers": HEADERS,
    "T31 being led elsewhere": NEXT,
    "T32 letters": """
    test_mail.py::test_a_name_in_a_subject_begins_no_header_however_it_is_spelled
    threats/test_grid.py::test_letters_say_names_as_they_were_typed_and_have_no_header_more
    threats/test_grid.py::test_a_title_stays_in_its_subject
    """,
    "T33 fields that nobody may set": """
    web/test_studio_pages.py::test_a_form_sets_only_its_own_fields
    web/test_studio_uploads.py::test_fields_that_nobody_may_set_are_ignored
    web/test_account_links.py::test_nobody_becomes_owner_by_a_field_of_their_own
    """,
    "T34 publishing without consent": """
    services/test_episodes_model.py::test_no_order_of_events_makes_public_what_may_not_be
    services/test_episodes_database.py::test_a_story_to_which_something_is_missing_is_refused
    services/test_episodes_database.py::test_publishing_while_consent_is_being_withdrawn_ends_unpublished
    services/test_episodes.py::test_the_pipeline_cannot_publish_what_a_person_could_not
    web/test_schedule.py::test_a_story_that_waits_for_its_time_is_taken_back_with_its_consent
    """,
    "T35 lengths and amounts": """
    threats/test_bounds.py::test_the_longest_text_is_kept_and_a_character_more_is_refused
    threats/test_bounds.py::test_a_community_has_a_hundred_links_at_most
    services/test_chapters.py::test_a_hundred_thousand_chapters_are_refused_in_one_line
    web/test_draft.py::test_there_is_an_end_to_links
    """,
    "T36 what is done behind the scenes": """
    web/test_audited.py::test_every_route_that_changes_something_has_words_or_a_reason_to_be_silent
    web/test_audited.py::test_the_database_keeps_every_entry
    """
    + MATRIX,
    "T37 packages and secrets": """
    audit/test_audit.py::test_no_pinned_version_is_known_to_be_weak
    audit/test_audit.py::test_no_tracked_file_holds_a_secret
    test_house.py::test_every_pinned_package_has_a_hash
    """,
    "T38 options for the decoder": ARGUMENTS,
    "T39 listeners": """
    web/test_listening.py::test_no_address_and_no_name_of_an_app_is_found_anywhere_afterwards
    web/test_account_sign_in.py::test_the_table_of_attempts_names_nobody_and_forgets
    counting/test_keys.py::test_the_next_day_has_another_and_the_old_one_is_destroyed
    """,
}

#: Rows about what is not built, or not to be held by a test of its own.
NOT_HERE: dict[str, str] = {
    "T13": "Nothing is fetched from an address that somebody typed: there is no import of feeds or pictures.",
    "T16": "There are no private feeds.",
    "T17": "There are no private feeds, so no sound of theirs.",
    "T40": "Erasing a story everywhere comes with the full record of consent.",
}
