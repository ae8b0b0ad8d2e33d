"""F3: a deploy. Workers hand back at once, web answers what it has begun, and nobody is left without."""

import socket
import threading
import time

import requests

from app.models import PublishWish
from tests.chaos.holding import all_broken
from tests.chaos.orders import Orders
from tests.chaos.place import Place
from tests.chaos.sending import Producer
from tests.chaos.trial import Trial


def worker_asked_to_go(trial: Trial) -> None:
    """SIGTERM at seeded moments: it ends with 0 within half a minute, and the next goes on at once."""
    place = trial.place()
    place.tell(Orders(window_s=0.5))
    sounds = {place.hand_in("long"): "long"}
    for _ in range(2 if trial.few else 5):
        with place.running("worker") as worker:
            trial.wait(lambda: "started" in worker.said(), 60, "a worker starts")
            time.sleep(trial.rng.uniform(0.0, 1.0))
            trial.same(0, worker.end(30), "a worker that is asked to go ends with")
            trial.fault()
    place.tell(Orders())
    with place.running("worker"):
        trial.wait(place.all_told, 60, "everything ends")
    trial.broken += all_broken(place, sounds, deaths=place.started)


class Listener:
    """Asks for pages all the time, as visitors do. Refused connections are tried again, as proxies do."""

    def __init__(self, place: Place, path: str) -> None:
        self._place, self._path = place, path
        self._over = threading.Event()
        self.answered = 0
        self.dropped: list[str] = []
        self._thread = threading.Thread(target=self._ask)
        self._thread.start()

    def _ask(self) -> None:
        while not self._over.is_set():
            try:
                connection = socket.create_connection(("127.0.0.1", self._place.settings.port), timeout=20)
            except OSError:
                time.sleep(0.02)  # nobody listens at this moment
                continue
            with connection:
                self._one(connection)

    def _one(self, connection: socket.socket) -> None:
        head = f"GET {self._path} HTTP/1.1\r\nHost: {self._place.settings.host}\r\nConnection: close\r\n\r\n"
        said = b""
        try:
            connection.sendall(head.encode())
            while piece := connection.recv(65536):
                said += piece
        except OSError as error:
            self.dropped.append(f"{type(error).__name__} after {len(said)} bytes")
            return
        if said.startswith(b"HTTP/1.1 200") and said.rstrip().endswith(b">"):
            self.answered += 1
        else:
            self.dropped.append(repr(said[:60]))

    def stop(self) -> None:
        """Ask no more."""
        self._over.set()
        self._thread.join()


def web_asked_to_go(trial: Trial) -> None:
    """SIGTERM while pages are asked for, a recording is sent and sound is heard: nobody is dropped."""
    place = trial.place()
    place.hand_in("short")
    with place.running("worker"):
        trial.wait(place.all_told, 60, "the first recording is published")
    restarts = 2 if trial.few else 6
    web = place.start("web")
    place.wait_for_web(web)
    producer = Producer(place.url)
    producer.sign_in()
    sound = place.ground.sound("parts")
    upload = producer.begin(sound, wish=PublishWish.none.value)
    listeners = [Listener(place, path) for path in ("/", "/shows/rounds/feed.xml")]
    sender = threading.Thread(
        target=lambda: producer.again_and_again(lambda: producer.send(sound, upload)), daemon=True
    )
    sender.start()
    for _ in range(restarts):
        before = min(listener.answered for listener in listeners)
        trial.wait(
            lambda before=before: min(each.answered for each in listeners) > before + 3,
            60,
            "pages are served",
        )
        idle = socket.create_connection(("127.0.0.1", place.settings.port))
        trial.same(0, web.end(30), "web ends with")
        trial.fault()
        idle.close()
        web = place.start("web")
    place.wait_for_web(web)
    sender.join(60)
    trial.expect(not sender.is_alive(), "the recording was never sent")
    made = producer.again_and_again(lambda: producer.complete(upload))
    for listener in listeners:
        listener.stop()
        trial.same([], listener.dropped[:3], "pages that were asked for and not answered")
        trial.expect(listener.answered > restarts, "hardly anything was asked for")
    web.kill()
    trial.expect(made.get("recording"), "the recording was not received")
    with place.running("worker"):
        trial.wait(place.all_told, 60, "everything ends")
    trial.broken += all_broken(place)


def slow_listeners(trial: Trial) -> None:
    """SIGTERM while somebody takes sound in slowly: the process ends in time, the rest comes later."""
    place = trial.place()
    recording_id = place.hand_in("long")
    with place.running("worker"):
        trial.wait(place.all_told, 60, "the recording is published")
    episode = place.recording(recording_id).episode
    assert episode.enclosure is not None
    size_bytes = episode.enclosure.size_bytes
    with place.running("web") as web:
        feed = requests.get(f"{place.url}/shows/rounds/feed.xml", timeout=30).text
        path = feed.partition('<enclosure url="')[2].partition('"')[0].removeprefix(place.url)
        slow = socket.create_connection(("127.0.0.1", place.settings.port))
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.sendall(f"GET {path} HTTP/1.1\r\nHost: {place.settings.host}\r\n\r\n".encode())
        trial.expect(slow.recv(1024), "nothing was heard")
        trial.same(0, web.end(30), "web ends with")
        trial.fault()
        slow.close()
    with place.running("web"):
        rest = requests.get(f"{place.url}{path}", headers={"Range": f"bytes={size_bytes // 2}-"}, timeout=30)
        trial.same((206, size_bytes - size_bytes // 2), (rest.status_code, len(rest.content)), "the rest")
    trial.broken += all_broken(place, {recording_id: "long"})
