"""The second step in a real browser: a passkey of chromium's own virtual device, and codes from an app."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from passlib.totp import TOTP
from playwright.sync_api import CDPSession, Page, ViewportSize, expect
from sqlalchemy.orm import Session

from app.models import Account, AppCode
from tests.browser.conftest import NARROW, WIDE
from tests.factories import WHEN, make_account
from tests.fakes import SetClock
from tests.web.signing import PASSWORD


@pytest.fixture
def account(session: Session) -> Account:
    """The owner, who works in the studio."""
    made = make_account(session, email="amina@example.org", name="Amina", is_owner=True)
    session.commit()
    return made


@pytest.fixture
def here(live_server: str) -> str:
    """The address at which passkeys work: a name."""
    return live_server.replace("127.0.0.1", "localhost")


@pytest.fixture
def device(page: Page) -> Iterator[Callable[..., None]]:
    """Chromium's virtual device with a PIN, a finger or a face; `device(False)`: it knows nobody."""
    cdp: CDPSession = page.context.new_cdp_session(page)
    cdp.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    made: dict[str, Any] = cdp.send("WebAuthn.addVirtualAuthenticator", {"options": options})

    def knows(is_user_verified: bool) -> None:
        known = {"authenticatorId": made["authenticatorId"], "isUserVerified": is_user_verified}
        cdp.send("WebAuthn.setUserVerified", known)

    yield knows
    cdp.detach()


def enter_password(page: Page, at: str) -> None:
    """The first step."""
    page.goto(f"{at}/sign-in")
    page.get_by_label("E-mail address").fill("amina@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(lambda address: address != f"{at}/sign-in")


def sign_out(page: Page) -> None:
    """By the head of the page."""
    page.get_by_role("banner").get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("banner").get_by_role("link", name="Sign in")).to_be_visible()


def test_a_passkey_is_added_signs_in_and_is_removed(
    page: Page, here: str, account: Account, device: Callable[..., None]
) -> None:
    enter_password(page, here)
    page.goto(f"{here}/account")
    page.get_by_role("link", name="Set up a second step").click()
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_role("button", name="Add the passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("Enter a name")
    expect(page.get_by_label("Name of the passkey")).to_be_focused()
    page.get_by_label("Name of the passkey").fill("Ward computer")
    page.get_by_role("button", name="Add the passkey").click()
    expect(page.get_by_role("status")).to_contain_text("“Ward computer” has been added")
    expect(page.get_by_text("Not used yet")).to_be_visible()

    sign_out(page)
    page.goto(f"{here}/studio/bin")  # which leads to signing in, and back
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(f"{here}/studio/bin")

    page.goto(f"{here}/account/second-step")
    expect(page.get_by_text("Last used")).to_be_visible()
    page.get_by_role("link", name="Remove Ward computer").click()
    page.get_by_role("button", name="Remove the passkey").click()
    expect(page.get_by_role("status")).to_contain_text("has been removed")

    sign_out(page)
    page.goto(f"{here}/sign-in")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("This passkey is not known here")


def test_a_device_that_does_not_know_its_holder_is_said_to_have_cancelled(
    page: Page, here: str, account: Account, device: Callable[..., None]
) -> None:
    enter_password(page, here)
    page.goto(f"{here}/account/second-step/passkeys/new")
    device(False)
    page.get_by_label("Name of the passkey").fill("Phone")
    page.get_by_role("button", name="Add the passkey").click()

    expect(page.get_by_role("alert")).to_contain_text("Nothing was done: it was cancelled, or took too long")


def test_at_an_address_that_is_no_name_the_page_offers_the_one_that_is(
    page: Page, live_server: str, here: str, account: Account
) -> None:
    page.goto(f"{live_server}/sign-in?next=/studio/bin")
    page.get_by_role("button", name="Use a passkey").click()

    expect(page.get_by_role("alert")).to_contain_text("Passkeys do not work at this address")
    page.get_by_role("alert").get_by_role("link", name=here).click()
    assert page.url == f"{here}/sign-in?next=/studio/bin"


def test_without_scripts_the_password_is_the_plain_way(plain_page: Page, here: str, account: Account) -> None:
    plain_page.goto(f"{here}/sign-in")
    expect(plain_page.get_by_role("button", name="Use a passkey")).to_be_hidden()
    enter_password(plain_page, here)
    plain_page.goto(f"{here}/account/second-step/passkeys/new")

    expect(plain_page.get_by_text("switch JavaScript on")).to_be_visible()
    expect(plain_page.get_by_role("button", name="Add the passkey")).to_be_disabled()


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_codes_from_an_app_from_setting_up_to_turning_off(
    page: Page,
    here: str,
    account: Account,
    clock: SetClock,
    axe: Callable[[Page], list[str]],
    scrolls_sideways: Callable[[Page], bool],
    size: ViewportSize,
) -> None:
    page.set_viewport_size(size)
    found: list[str] = []

    def look() -> None:
        found.extend(f"{page.url}: {problem}" for problem in axe(page))
        if scrolls_sideways(page):
            found.append(f"{page.url}: scrolls sideways")

    enter_password(page, here)
    page.goto(f"{here}/account/second-step/app")
    page.get_by_text("I cannot scan it").click()
    look()
    key = page.locator("#key").inner_text()
    phone = TOTP(key.replace(" ", ""))
    page.get_by_label("Code that the app shows now").fill("000")
    page.get_by_role("button", name="Turn on").click()
    look()
    page.get_by_label("Code that the app shows now").fill(phone.generate(clock()).token)
    page.get_by_role("button", name="Turn on").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your recovery codes")
    look()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Download").click()
    codes = saved.value.path().read_text("utf-8").split()[-10:]
    assert codes == page.locator(".codes li").all_inner_texts()
    page.get_by_role("link", name="I have kept them").click()
    page.get_by_role("link", name="Change a second step").click()
    look()
    for name in ("Make new recovery codes", "Turn codes from an app off"):
        page.get_by_role("link", name=name).click()
        look()
        page.go_back()

    sign_out(page)
    clock.move(minutes=1)
    enter_password(page, here)
    expect(page.get_by_label("Code from your app")).to_be_focused()
    look()
    page.get_by_role("link", name="use a recovery code").click()
    look()
    page.get_by_role("link", name="Back to the other ways").click()
    token = phone.generate(clock()).token
    page.get_by_label("Code from your app").fill(f"{token[:3]} {token[3:]}")
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/studio/")
    page.goto(f"{here}/account/second-step/app/off")
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Turn off").click()
    expect(page.get_by_role("status")).to_contain_text("Codes from an app are turned off")

    assert found == []


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_no_page_of_passkeys_breaks_wcag_or_scrolls_sideways(
    page: Page,
    here: str,
    session: Session,
    account: Account,
    device: Callable[..., None],
    axe: Callable[[Page], list[str]],
    scrolls_sideways: Callable[[Page], bool],
    size: ViewportSize,
) -> None:
    page.set_viewport_size(size)
    other = make_account(session, name="Somebody who lost their phone")
    session.add(AppCode(account_id=other.id, secret="", last_step=0, created_at=WHEN))
    session.commit()
    page.goto(f"{here}/sign-in")
    found = axe(page)
    enter_password(page, here)
    page.goto(f"{here}/account/second-step/passkeys/new")
    found += axe(page)
    page.get_by_label("Name of the passkey").fill("A name of many words that nobody would give, but might")
    page.get_by_role("button", name="Add the passkey").click()
    page.wait_for_url("**/second-step")
    found += axe(page)
    wide = [scrolls_sideways(page)]
    page.get_by_role("link", name="Remove").click()
    found += axe(page)
    wide.append(scrolls_sideways(page))
    page.goto(f"{here}/studio/accounts")
    expect(page.get_by_text("Second step: 1 passkey")).to_be_visible()
    found += axe(page)
    page.get_by_role("link", name="Take the second step off").click()
    expect(page.get_by_role("button", name="Take it off")).to_be_visible()
    found += axe(page)
    wide.append(scrolls_sideways(page))

    assert (found, wide) == ([], [False, False, False])
