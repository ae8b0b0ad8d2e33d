"""A person at the keyboard: goes through a page by Tab, and says where that cannot be done.

Held against WCAG 2.1.1 (everything is reached), 2.1.2 (and left again), 2.4.1 (the skip link), 2.4.3
(in an order that makes sense), 2.4.7 (the focus is seen) and 2.4.11 (and not hidden behind anything).
"""

from typing import Any

from playwright.sync_api import Page

#: What a person could reach, how each looks without the focus, and what can be said of the one that has it.
_LOOK = """() => {
  const kinds = `a[href], button, input:not([type=hidden]), select, textarea, summary, audio[controls],
    iframe, [tabindex]`;
  const isThere = (one) => one.checkVisibility({ visibilityProperty: true })
    && !one.matches(":disabled, [tabindex='-1']")
    && !(one.closest("details:not([open])") && one.tagName !== "SUMMARY");
  const isStop = (one, _, all) => {
    if (one.type !== "radio") return true;
    const group = all.filter((other) => other.name === one.name && other.form === one.form);
    return one === (group.find((other) => other.checked) ?? group[0]);
  };
  const withLabels = (one) => [one, ...(one.labels ?? [])];
  const look = (part, which) => {
    const style = getComputedStyle(part, which || null);
    return [style.outlineStyle !== "none" && [style.outlineWidth, style.outlineColor], style.boxShadow,
      style.backgroundColor, style.borderTopColor, style.borderTopWidth].join();
  };
  const looks = (one) => withLabels(one)
    .flatMap((part) => ["", "::before", "::after"].map((which) => look(part, which))).join("; ");
  const isSeen = (one) => withLabels(one).flatMap((part) => [...part.getClientRects()]).some((box) => {
    const left = Math.max(box.left, 0), right = Math.min(box.right, innerWidth);
    const top = Math.max(box.top, 0), bottom = Math.min(box.bottom, innerHeight);
    if (right <= left + 1 || bottom <= top + 1) return false;
    const found = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
    return found && withLabels(one).some((part) => part.contains(found));
  });
  const nameOf = (one) => {
    const words = one.ariaLabel || one.labels?.[0]?.textContent || one.textContent || one.name;
    return `${one.tagName.toLowerCase()} “${(words ?? "").trim().replace(/\\s+/g, " ").slice(0, 60)}”`;
  };
  const all = [...document.querySelectorAll(kinds)].filter(isThere).filter(isStop);
  const before = new Map(all.map((one) => [one, looks(one)]));
  window.hearthWalk = {
    names: all.map(nameOf),
    here: () => {
      const one = document.activeElement;
      if (!one || one === document.body || one === document.documentElement) return null;
      const box = one.getBoundingClientRect();
      return {
        number: all.indexOf(one), name: nameOf(one), tag: one.tagName, isInMain: !!one.closest("main"),
        isMarked: before.get(one) !== looks(one), isSeen: isSeen(one),
        isOpen: one.parentElement?.open ?? null, left: box.left + scrollX, right: box.right + scrollX,
        top: box.top + scrollY, bottom: box.bottom + scrollY,
      };
    },
  };
}"""
#: The next Tab begins at the top, also where a page puts the focus into its field.
_BEGIN = """() => {
  if (document.activeElement === document.body) return;
  const first = document.createElement("span");
  first.tabIndex = -1;
  document.body.prepend(first);
  first.focus();
  first.remove();
}"""
#: What stands still while the page moves under it: nothing else can come to lie over the focus.
_STANDS_STILL = """() => [...document.querySelectorAll("body *")].some((one) =>
  ["sticky", "fixed"].includes(getComputedStyle(one).position) && one.checkVisibility())"""
_HERE = "() => window.hearthWalk.here()"

#: Stops inside of one element: the parts of a date, the buttons of the browser's own player.
_INNER_STOPS = 14


def walk(page: Page) -> list[str]:
    """What cannot be done by keyboard on this page, from its top to its end and back; best nothing."""
    page.evaluate(_BEGIN)
    page.evaluate(_LOOK)
    names: list[str] = page.evaluate("window.hearthWalk.names")
    faults, seen, stops = [], [], 0
    while (here := _press(page, "Tab")) is not None:
        if len(seen) > 1 and here["number"] == seen[0]["number"]:
            break  # round the corner: the browser itself has nothing to focus here
        if seen and here["number"] == seen[-1]["number"]:
            stops += 1
            if stops > _INNER_STOPS:
                return [*faults, f"{here['name']} keeps the focus"]
            continue
        stops = 0
        if here["number"] < 0:
            faults.append(f"{here['name']} is reached and was not there before")
        elif seen and here["number"] < seen[-1]["number"]:
            return [*faults, f"{here['name']} comes after {seen[-1]['name']}, which leads back"]
        faults += _shown(here, seen[-1] if seen else None)
        if here["tag"] == "SUMMARY":
            faults += _opens_and_closes(page, here)
        seen.append(here)
    reached = {one["number"] for one in seen}
    faults += [f"{name} is not reached" for number, name in enumerate(names) if number not in reached]
    return faults + _skips(page, seen, here)


def walk_back(page: Page) -> list[str]:
    """Round the page by Shift and Tab, from wherever the focus is: what is hidden, or is not met."""
    page.evaluate(_LOOK)
    names: list[str] = page.evaluate("window.hearthWalk.names")
    faults, met, last, stops, rounds = [], set(), -1, 0, 0
    while len(met) < len(names) and rounds < 2:
        here = _press(page, "Shift+Tab")
        if here is None:
            rounds += 1
            continue
        stops = stops + 1 if here["number"] == last else 0
        if stops > _INNER_STOPS:
            return [*faults, f"{here['name']} keeps the focus backwards"]
        last = here["number"]
        met.add(last)
        if not here["isSeen"]:
            faults.append(f"{here['name']} is hidden on the way back")
    return faults + [f"{name} is not met backwards" for number, name in enumerate(names) if number not in met]


def stands_still(page: Page) -> bool:
    """Whether something on this page could hide what lies under it."""
    return bool(page.evaluate(_STANDS_STILL))


def tab_to(page: Page, words: str, *, most: int = 120) -> None:
    """Press Tab until what is focused is called so, or begins so."""
    name = """() => { const one = document.activeElement; return (one.getAttribute("aria-label")
      || one.labels?.[0]?.textContent || one.textContent || "").trim().replace(/\\s+/g, " "); }"""
    met = []
    for _ in range(most):
        page.keyboard.press("Tab")
        met.append(page.evaluate(name)[:50])
        if met[-1].startswith(words[:50]):
            return
    raise AssertionError(f"{words!r} is not reached on {page.url}: {met}")


def _press(page: Page, key: str) -> dict[str, Any] | None:
    page.keyboard.press(key)
    here: dict[str, Any] | None = page.evaluate(_HERE)
    return here


def _shown(here: dict[str, Any], before: dict[str, Any] | None) -> list[str]:
    faults = []
    if not here["isMarked"]:
        faults.append(f"{here['name']} looks the same with the focus")
    if not here["isSeen"]:
        faults.append(f"{here['name']} is hidden")
    if before and before["isInMain"] and _stands_above(here, before):
        faults.append(f"{here['name']} stands above {before['name']}, which comes first")
    return faults


def _stands_above(here: dict[str, Any], before: dict[str, Any]) -> bool:
    """Whether the eye has to go up, in the same column."""
    return bool(here["bottom"] <= before["top"] - 1 and here["left"] < before["right"] - 1)


def _opens_and_closes(page: Page, here: dict[str, Any]) -> list[str]:
    """Enter opens it, Space closes it."""
    states = [here["isOpen"]]
    for key in ("Enter", "Space"):
        now = _press(page, key)
        states.append(now["isOpen"] if now else None)
    was = here["isOpen"]
    return [] if states == [was, not was, was] else [f"{here['name']} does not open"]


def _skips(page: Page, seen: list[dict[str, Any]], here: dict[str, Any] | None) -> list[str]:
    """The first stop leads past what every page has."""
    if not seen or "Skip" not in seen[0]["name"]:
        return []
    first = here or _press(page, "Tab")
    if first is None or first["number"] != seen[0]["number"]:
        return ["the end does not lead to the top again"]
    page.keyboard.press("Enter")
    next_one = _press(page, "Tab")
    inside = [one["number"] for one in seen if one["isInMain"]]
    if inside and (next_one is None or next_one["number"] != inside[0]):
        return [f"the skip link leads to {next_one and next_one['name']}"]
    return []
