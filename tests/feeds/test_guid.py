from uuid import UUID

import pytest

from feeds.guid import podcast_guid, random_podcast_guid


@pytest.mark.parametrize(
    ("feed_url", "guid"),
    [
        ("podnews.net/rss", "9b024349-ccf0-5f69-a609-6b82873eab3c"),
        ("https://podnews.net/rss", "9b024349-ccf0-5f69-a609-6b82873eab3c"),
        ("http://podnews.net/rss/", "9b024349-ccf0-5f69-a609-6b82873eab3c"),
        ("https://mp3s.nashownotes.com/pc20rss.xml", "917393e3-1b1e-5cef-ace4-edaa54e1f810"),
    ],
)
def test_the_guid_is_the_one_the_namespace_documents(feed_url: str, guid: str) -> None:
    assert podcast_guid(feed_url) == guid


def test_another_path_is_another_podcast() -> None:
    assert podcast_guid("https://example.org/a.xml") != podcast_guid("https://example.org/A.xml")


def test_a_random_guid_has_the_demanded_form_and_no_twin() -> None:
    guids = {random_podcast_guid() for _ in range(100)}

    assert len(guids) == 100
    assert {UUID(guid).version for guid in guids} == {5}
