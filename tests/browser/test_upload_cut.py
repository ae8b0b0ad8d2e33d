"""The connection breaks in the middle of a part: what arrives in the end is the file, byte for byte."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from app.backends import Backends
from app.settings import PART_BYTES, Settings
from tests.browser.cutting import Cuts, cutting_proxy
from tests.browser.uploading import choose, recording, sha256, sign_in, stored
from tests.web.serving import running, settings_for

__all__ = ["recording", "sign_in"]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """With a port that a process of its own can have."""
    return settings_for(settings.data)


@pytest.fixture
def live_server(backends: Backends) -> Iterator[str]:
    """The service in a process of its own: what a cut request leaves behind is no business of the test's."""
    with running(backends.settings) as address:
        yield address


@pytest.mark.usefixtures("live_server")
@pytest.mark.parametrize(
    "after_bytes",
    [
        [1, PART_BYTES // 2, PART_BYTES - 1],
        [100_000, 4_000_000, 8_000_000, 1_234_567, 7, PART_BYTES - 100_000],
    ],
)
def test_a_part_that_is_cut_on_its_way_is_sent_again(
    page: Page,
    sign_in: Callable[..., None],
    recording: Path,
    backends: Backends,
    after_bytes: list[int],
) -> None:
    cuts = Cuts(list(after_bytes))
    with cutting_proxy(backends.settings.port, cuts) as address:
        sign_in(page, address)
        choose(page, recording)
        expect(page.get_by_role("link", name="Add title and notes")).to_be_visible(timeout=90_000)
        page.goto("about:blank")

    assert (cuts.done, cuts.after_bytes) == (len(after_bytes), [])
    assert stored(backends) == [sha256(recording)]
