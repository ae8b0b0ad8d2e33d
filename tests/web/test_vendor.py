"""NHS.UK frontend's style sheet as we serve it: nothing from elsewhere, in our colours."""

import json

import pytest

from app.web.vendor import STATIC, VENDOR, VendorError, in_our_colours, install, strip_fonts


def test_fonts_from_elsewhere_are_left_out_and_pictures_lie_beside() -> None:
    css = (
        "@font-face{font-family:F;src:url(https://assets.example.org/f.woff2)}"
        "a{background:url(/assets/images/nhsuk-icon-cross.svg)}\n/*# sourceMappingURL=x.css.map */"
    )

    assert strip_fonts(css) == "a{background:url(images/nhsuk-icon-cross.svg)}"


@pytest.mark.parametrize("rule", ["a{b:url(https://x.org/a)}", "a{b:url('//x.org/a')}", '@import "x.css";'])
def test_a_style_sheet_that_loads_from_elsewhere_is_refused(rule: str) -> None:
    with pytest.raises(VendorError, match="elsewhere"):
        strip_fonts(rule)


def test_colours_become_tokens_and_longer_ones_stay() -> None:
    assert in_our_colours("a{color:#005eb8;b:#005eb8ff}") == "a{color:var(--deep);b:#005eb8ff}"


def test_every_token_that_the_style_sheet_takes_is_defined() -> None:
    tokens = (STATIC / "css" / "hearth.css").read_text("utf-8")

    for name in (
        "--deep",
        "--deep-dark",
        "--accent-dark",
        "--bad",
        "--glow",
        "--ink",
        "--quiet",
        "--edge",
        "--line",
    ):
        assert f"{name}: #" in tokens


def test_installed_files_ask_nobody_else_and_are_there_at_once_the_second_time() -> None:
    install()

    assert install() is False
    sheet = (VENDOR / "nhsuk-frontend.min.css").read_text("utf-8")
    assert "https://" not in sheet
    assert "@font-face" not in sheet


def test_the_lock_names_no_host_and_proves_each_package() -> None:
    packages = json.loads((STATIC / "package-lock.json").read_text("utf-8"))["packages"]

    for name, package in packages.items():
        assert "resolved" not in package
        assert not name or package["integrity"].startswith("sha512-")
