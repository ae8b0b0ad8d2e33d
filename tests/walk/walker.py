"""The walk: as one role, request after request, each chosen from what the service itself shows.

Forms and links come from the pages that were met, routes from the application's table. The same seed goes
the same way. Every step looks at the answer; what is wrong is kept with the request that does it again.
"""

import json
import logging
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from random import Random

from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from tests.walk.answers import faults
from tests.walk.asked import JSON, Answer, Asked, Fields, path_of, query_of
from tests.walk.forms import Form, forms_of, links_of
from tests.walk.oddities import HEADERS, JSON_VALUES, KINDS, METHODS, QUERIES, RAW, STEPS
from tests.walk.service import Service
from tests.walk.values import HOSTILE, WISHED, WORDS, asked, fill
from tests.web.doors import TABLE
from tests.web.places import Place
from tests.web.test_route_matrix import RULES
from tests.web.test_wrong_bodies import BODIES, NAMES

#: Whoever has no token meets one answer in all of the API: tests/web/api/test_document walks there with one.
ROUTES = sorted(key for key in RULES if not key[0].startswith("api.") or key[0] == "api.document")
CHANGES = [key for key in ROUTES if key[1] != "GET"]

#: How many forms and links are kept of each route, the newest.
_KEPT = 6
#: A session may be spoilt by the walk itself; after so many requests there is a fresh one.
_SESSION_LASTS = 25


@dataclass(frozen=True)
class Failure:
    """A request that was answered wrongly, with names in place of ids, and what the log said."""

    step: int
    asked: Asked
    said: list[str]
    trace: str = ""

    def __str__(self) -> str:
        """The request on a line of its own."""
        return f"step {self.step}: {'; '.join(self.said)}\n  {self.asked}\n{self.trace}"


class Trace(logging.Handler):
    """Keeps what the log says of a fault of ours, for whoever mends it."""

    text = ""

    def emit(self, record: logging.LogRecord) -> None:
        """Where a fault came from."""
        if record.exc_info and record.exc_info[1]:
            self.text += "".join(traceback.format_exception(record.exc_info[1]))

    def __enter__(self) -> "Trace":
        """Listen."""
        logging.getLogger("app").addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        """No longer."""
        logging.getLogger("app").removeHandler(self)


@dataclass
class Walk:
    """One role's way through a service."""

    service: Service
    role: str
    seed: int
    failures: list[Failure] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)
    reached: dict[tuple[str, str], int] = field(default_factory=dict)
    forms: dict[str, list[Form]] = field(default_factory=dict)
    links: dict[str, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.random = Random(f"{self.seed} {self.role}")
        self._log = Trace()
        self._map = self.service.app.url_map.bind("127.0.0.1:8000")
        self._secrets = self.service.secrets

    def go(self, count: int) -> None:
        """So many requests; the first ones look at every page."""
        with self._log:
            for asked in self._requests():
                if sum(self.statuses.values()) >= count:
                    return
                self._ask(asked)

    def _requests(self) -> Iterator[Asked]:
        for key in ROUTES:
            if key[1] == "GET":
                yield self._get(self._target(key))
        while True:
            ways = (
                self._form,
                self._link,
                self._route,
                self._odd_path,
                self._odd_method,
                self._json,
                self._raw,
            )
            yield self.random.choices(ways, (38, 4, 13, 15, 9, 11, 10), k=1)[0]()

    def _ask(self, asked: Asked) -> None:
        step = sum(self.statuses.values())
        if step % _SESSION_LASTS == 0:
            self.service.sign_in_again(self.role)
        self._log.text = ""
        answer = self.service.send(asked)
        self.statuses[answer.status] = self.statuses.get(answer.status, 0) + 1
        endpoint = self._endpoint(asked.target, asked.method)
        self.reached[endpoint, asked.method] = self.reached.get((endpoint, asked.method), 0) + 1
        found, tree = faults(asked, answer, self._secrets, strictly=step % 25 == 0)
        if found:
            self.failures.append(Failure(step, self._named(asked), found, self._log.text))
        if tree is not None and answer.status in (200, 422):
            self._harvest(tree, asked, answer)

    def _harvest(self, tree: object, asked: Asked, answer: Answer) -> None:
        for form in forms_of(tree, asked.target):
            self.service.learn(form.target)
            kept = self.forms.setdefault(f"{form.method} {self._endpoint(form.target, form.method)}", [])
            kept.append(form)
            del kept[:-_KEPT]
        if answer.status == 200:
            for link in links_of(tree):
                self.service.learn(link)
                found = self.links.setdefault(self._endpoint(link, "GET"), [])
                if link not in found:
                    found.append(link)
                    del found[:-_KEPT]

    def _form(self) -> Asked:
        if not self.forms:
            return self._route()
        form = self.random.choice(self.forms[self.random.choice(list(self.forms))])
        if any(field.kind == "password" for field in form.fields) and self.random.random() < 0.8:
            return self._form()  # slow by design, and soon refused for having been tried too often
        return self._dressed(fill(self.random, form, self.role))

    def _link(self) -> Asked:
        if not self.links:
            return self._route()
        return self._get(self.random.choice(self.links[self.random.choice(list(self.links))]))

    def _route(self) -> Asked:
        """A route as its row in the table of doors says, or with fields of anybody's."""
        key = self.random.choice(ROUTES)
        target = self._target(key)
        if key[1] == "GET":
            odd: Fields = [(self.random.choice((*NAMES, *QUERIES)), self._text())]
            return self._dressed(self._get(f"{target}{'&' if '?' in target else '?'}{query_of(odd)}"))
        names = self.random.sample(NAMES, 12)
        fields: Fields = [(name, self._text()) for name in names]
        if key in TABLE:
            fields += list(TABLE[key].form.items())
        fields += self.random.sample(WISHED, 3)
        form = Form(target, "POST", "", [])
        return self._dressed(asked(self.random, form, fields, self.role), key[1], as_program=True)

    def _odd_path(self) -> Asked:
        """An address of ours with something else in one of its places."""
        key = self.random.choice(ROUTES)
        path, _, query = self._target(key).partition("?")
        steps = path.split("/")
        number = self.random.randrange(1, len(steps))
        steps[number] = self.random.choice(
            (*STEPS, path_of(self.random.choice(HOSTILE)), steps[-1] + "x", "")
        )
        query = self.random.choice((query, query, f"{query}&q=\xff\xe9", f"{query}&\xc3=\xc3\xa9", "?&=%"))
        target = "/".join(steps) + (f"?{query}" if query else "")
        return self._dressed(Asked(self.role, key[1], target), as_program=True)

    def _odd_method(self) -> Asked:
        target = self._target(self.random.choice(ROUTES))
        return self._dressed(Asked(self.role, self.random.choice(METHODS), target), as_program=True)

    def _json(self) -> Asked:
        """A call of a script of ours, right or with something else in one place."""
        key = self.random.choice(CHANGES)
        said: dict[str, object] = {
            "show": self._place.episode.show.slug,
            "file_name": "ward.mp3",
            "size_bytes": 100_000,
            "first_part_sha256": "0" * 64,
            "title": self.random.choice(WORDS),
            "kind": "episode",
            "wish": "none",
            "agreed": True,
            "parts": [{"number": 1, "size_bytes": 100_000, "sha256": "0" * 64}],
        }
        if self.random.random() < 0.6:
            said[self.random.choice(sorted(said))] = self.random.choice((*HOSTILE, *JSON_VALUES))
        body = json.dumps(said) if self.random.random() < 0.75 else self.random.choice(BODIES)
        return self._dressed(Asked(self.role, key[1], self._target(key), JSON, body))

    def _raw(self) -> Asked:
        key = self.random.choice(CHANGES)
        kind, body = self.random.choice(KINDS), self.random.choice(RAW)
        return self._dressed(Asked(self.role, key[1], self._target(key), kind, body), as_program=True)

    def _get(self, target: str) -> Asked:
        return Asked(self.role, "GET", target, token=False)

    def _dressed(self, asked: Asked, method: str = "", *, as_program: bool = False) -> Asked:
        """The same with another method, and now and then with an odd header or without the token."""
        headers = (self.random.choice(HEADERS),) if self.random.random() < 0.06 else ()
        if not headers and as_program and self.random.random() < 0.7:
            headers = (("Accept", "application/json"),)  # short answers leave time for more questions
        token = asked.token and self.random.random() > 0.03
        method = method if asked.method != "GET" and method else asked.method
        return Asked(self.role, method, asked.target, asked.kind, asked.body, headers, token)

    def _text(self) -> str:
        return self.random.choice(self.random.choice((HOSTILE, WORDS)))

    @property
    def _place(self) -> Place:
        return self.random.choice([*self.service.places, self.service.theirs])

    def _target(self, key: tuple[str, str]) -> str:
        """The address of one of the places on this route."""
        rule, place = RULES[key], self._place
        is_theirs = place is self.service.theirs
        values = place.values(
            rule.rule, (self.service.elsewhere if is_theirs else self.service.world).community
        )
        path = self._map.build(key[0], {name: values[name] for name in rule.arguments}, key[1])
        query = TABLE[key].query if key in TABLE else None
        return path + (f"?{query_of(list(query(place).items()))}" if query else "")

    def _endpoint(self, target: str, method: str) -> str:
        """Which route an address belongs to; "" for none."""
        try:
            return str(self._map.match(target.partition("?")[0], method)[0])
        except (HTTPException, RequestRedirect, ValueError):
            return ""

    def _named(self, asked: Asked) -> Asked:
        """The request with names in place of this service's ids, to be sent again to another one."""
        named = self.service.named
        return replace(asked, target=named(asked.target), body=named(asked.body))
