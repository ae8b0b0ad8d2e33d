"""The remote engine before servers that are strange, broken or hostile, over real HTTP."""

import json
import logging
import socket
import time
from itertools import pairwise

import numpy as np
import pytest

from tests.transcription.conftest import soundless
from tests.transcription.speech_server import TOKEN, send, serving
from transcription.errors import EngineAway, EngineError
from transcription.quality import word_errors
from transcription.remote import ANSWER_LIMIT_BYTES, Remote, must_be_near
from transcription.speech_file import HEADER_BYTES, RATE_HZ, check_header
from transcription.transcriber import Server


@pytest.fixture(scope="module")
def server():
    """A server that answers what the test says."""
    with serving() as opened:
        yield opened


@pytest.fixture(scope="module")
def speech(readings):
    """The shortest sentence, a few seconds."""
    return min((sound for sound, _ in readings), key=len)


def ask(server, speech, answer, language="en", **more):
    """What is heard where the server answers this once, and that there is nothing else after that."""
    answers = iter([answer] if not callable(answer) else [])
    server.answer = answer if callable(answer) else lambda handler: send(handler, next(answers, verbose()))
    return Remote(server.place, **more).transcribe(speech, language=language)


def verbose(**fields):
    return json.dumps({"text": "", "language": "english", **fields}).encode()


def segment(start, end, text, **more):
    return {"start": start, "end": end, "text": text, **more}


def test_the_form_is_that_of_the_protocol(server, speech):
    server.asked.clear()
    ask(server, speech, verbose(text="Hello."))
    form = server.asked[0]

    assert form["model"] == [b"whisper-1"]
    assert form["language"] == [b"en"]
    assert form["response_format"] == [b"verbose_json"]
    assert form["timestamp_granularities[]"] == [b"word", b"segment"]
    check_header(form["file"][0][:HEADER_BYTES])
    assert len(form["file"][0]) <= HEADER_BYTES + 2 * speech.size


def test_nothing_is_sent_where_nobody_speaks(server):
    server.asked.clear()
    remote = Remote(server.place)

    assert remote.transcribe(soundless("white noise", seconds=5), language="en") == ()
    assert remote.detect_language([soundless("silence", seconds=5)]) == ("en", 0.0)
    assert server.asked == []


def test_pauses_stay_here(server, speech):
    server.asked.clear()
    pause = np.zeros(20 * RATE_HZ, np.float32)
    ask(server, np.concatenate([speech, pause, speech]), verbose())

    assert len(server.asked[0]["file"][0]) < 2 * (2 * speech.size + 2 * RATE_HZ)


@pytest.mark.parametrize(
    ("status", "kind"),
    [(401, EngineAway), (403, EngineAway), (404, EngineAway), (413, EngineError), (429, EngineAway),
     (400, EngineError), (302, EngineError), (204, EngineError), (500, EngineAway), (503, EngineAway)],
)  # fmt: skip
def test_a_refusal_is_said_in_words_without_token_and_body(server, speech, status, kind, caplog):
    def refuse(handler):
        handler.send_response(status)
        handler.send_header("Location", "http://127.0.0.1:1/elsewhere")
        body = b"" if status == 204 else f"your key {TOKEN} is odd".encode()
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    with caplog.at_level(logging.DEBUG), pytest.raises(EngineError) as refused:
        ask(server, speech, refuse)

    assert type(refused.value) is kind
    assert f"HTTP {status}" in str(refused.value)
    assert TOKEN not in str(refused.value) + repr(server.place) + caplog.text
    assert "odd" not in str(refused.value)


def test_a_server_that_is_not_there_is_away(speech):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        nobody = Server(f"http://127.0.0.1:{taken.getsockname()[1]}", "m")

        with pytest.raises(EngineAway, match="cannot be spoken to"):
            Remote(nobody).transcribe(speech, language="en")


def test_a_server_that_answers_a_byte_at_a_time_is_given_up(server, speech):
    def drip(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", "100000")
        handler.end_headers()
        try:
            for _ in range(100):
                handler.wfile.write(b" ")
                handler.wfile.flush()
                time.sleep(0.1)
        except OSError:
            return

    with pytest.raises(EngineAway, match="did not answer within"):
        ask(server, speech, drip, limit_s=0.5)


def test_an_answer_that_is_cut_is_no_answer(server, speech):
    def cut(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(verbose(text="Half of"))
        handler.close_connection = True

    with pytest.raises(EngineAway, match="cut short"):
        ask(server, speech, cut)


def test_an_endless_answer_is_not_read_to_its_end(server, speech):
    def flood(handler):
        handler.send_response(200)
        handler.end_headers()
        handler.close_connection = True
        try:
            for _ in range(ANSWER_LIMIT_BYTES // 2**16 + 100):
                handler.wfile.write(b" " * 2**16)
        except OSError:
            return

    with pytest.raises(EngineError, match="longer than"):
        ask(server, speech, flood)


@pytest.mark.parametrize("peer", ["8.8.8.8", "2606:4700::1", "::ffff:8.8.8.8"])
def test_nothing_is_said_without_tls_beyond_private_networks(peer):
    must_be_near("https", peer)

    with pytest.raises(EngineError, match="must be https"):
        must_be_near("http", peer)


@pytest.mark.parametrize("peer", ["127.0.0.1", "10.0.0.7", "192.168.1.2", "100.64.0.1", "::1", "fe80::1%e"])
def test_private_networks_may_do_without_tls(peer):
    must_be_near("http", peer)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"[]",
        b"null",
        b'{"text": 5}',
        b'{"text": "a", "segments": 7}',
        b'{"text": "a", "segments": [7]}',
        b'{"text": "a", "segments": [{"start": NaN, "end": 1, "text": "a"}]}',
        b'{"text": "a", "segments": [{"start": 0, "end": Infinity, "text": "a"}]}',
        b'{"text": "a", "segments": [{"start": 0, "end": 1e999, "text": "a"}]}',
        b'{"text": "a", "segments": [{"start": true, "end": 1, "text": "a"}]}',
        b'{"text": "a", "segments": [{"start": "0", "end": 1, "text": "a"}]}',
        b'{"text": "a", "segments": [{"start": 0, "end": 1, "text": ["a"]}]}',
        b'{"text": "a", "segments": [{"start": 0, "end": 1, "text": "a", "avg_logprob": "x"}]}',
        b'{"text": "a", "words": [{"start": 0, "end": 1, "word": null}]}',
        b'{"text": "a", "words": [{"word": "a"}]}',
        b'{"text": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"text": "a", "segments": [{"start": ' + b"9" * 5000 + b', "end": 1, "text": "a"}]}',
        b'\xff\xfe{"text": "a"}',
    ],
)  # fmt: skip
def test_what_is_no_answer_is_refused(server, speech, body):
    with pytest.raises(EngineError, match="not the verbose_json"):
        ask(server, speech, body)


def test_more_text_than_anybody_can_say_is_refused(server, speech):
    with pytest.raises(EngineError, match="more text"):
        ask(server, speech, verbose(text="blah " * 100_000))


def test_odd_times_come_out_in_the_window_and_in_order(server, speech):
    odd = verbose(
        text="x",
        segments=[segment(-5, 1e300, " One two"), segment(3, 1, " three"), segment(0.5, 0.4, " four")],
    )
    heard = ask(server, speech, odd)
    words = [word for part in heard for word in part.words]

    assert sorted(word.text.strip() for word in words) == ["One", "four", "three", "two"]
    assert all(earlier.end_ms <= later.start_ms for earlier, later in pairwise(words))
    assert 0 <= words[0].start_ms <= words[-1].end_ms <= speech.size * 1000 // RATE_HZ


def test_words_without_punctuation_give_the_segment_its_times(server, speech):
    answer = verbose(
        text="Well, I'm here. Good!",
        segments=[segment(0, 2, " Well, I'm here."), segment(2, 3, " Good!", avg_logprob=-0.1)],
        words=[
            {"word": "Well", "start": 0.25, "end": 0.5},
            {"word": "I", "start": 0.5, "end": 0.75},
            {"word": "'m", "start": 0.75, "end": 1.0},
            {"word": "here", "start": 1.0, "end": 1.5},
            {"word": "Good", "start": 2.25, "end": 2.5},
        ],
    )
    words = [word for part in ask(server, speech, answer) for word in part.words]
    first = words[0].start_ms - 250

    assert [word.text for word in words] == [" Well,", " I'm", " here.", " Good!"]
    assert [(w.start_ms - first, w.end_ms - first) for w in words] == [
        (250, 500), (500, 1000), (1000, 1500), (2250, 2500),
    ]  # fmt: skip


def test_segments_without_words_are_spread(server, speech):
    heard = ask(server, speech, verbose(text="a", segments=[segment(0, 2, " one two six ten")]))
    starts = [word.start_ms for part in heard for word in part.words]

    assert [later - earlier for earlier, later in pairwise(starts)] == [500, 500, 500]


def test_languages_without_spaces_are_words_all_the_same(server, speech):
    (heard,) = ask(server, speech, verbose(text="a", segments=[segment(0, 1, "我们。")]), language="zh")

    assert heard.text == "我们。"
    assert len(heard.words) > 1


def test_what_servers_say_over_nothing_is_left_out(server, speech):
    nothing = segment(0, 1, " Thank you.", no_speech_prob=0.9)
    heard = ask(server, speech, verbose(text="a", segments=[nothing]))

    assert heard == ()


def test_text_that_acts_is_made_harmless(server, speech):
    heard = ask(
        server, speech, verbose(text="a", segments=[segment(0, 1, " \x00one\u202e two\ud800\n\n-->")])
    )

    assert "".join(word.text for word in heard[0].words) == " one two\ufffd -->"


@pytest.mark.parametrize(
    ("said", "code"),
    [("english", "en"), ("EN", "en"), ("en-GB", "en"), ("Welsh", "cy"), ("mandarin", "zh"), ("pt_BR", "pt")],
)
def test_the_language_is_understood_by_name_and_by_code(server, speech, said, code):
    server.answer = lambda handler: send(handler, verbose(text="a", language=said))

    assert Remote(server.place).detect_language([speech, speech, speech]) == (code, 1.0)


@pytest.mark.parametrize("said", ["klingon", "", 7, None])
def test_a_language_that_nobody_knows_counts_as_none(server, speech, said):
    server.answer = lambda handler: send(handler, verbose(text="a", language=said))

    assert Remote(server.place).detect_language([speech]) == ("en", 0.0)


def test_a_wrong_token_is_refused_by_the_real_server(engines, readings):
    with serving(engines("faster-whisper")) as real:
        right, wrong = Remote(real.place), Remote(Server(real.url, "whisper-1", "wrong"))
        sound, text = readings[0]

        assert word_errors(text, right.transcribe(sound, language="en")[0].text).rate < 0.15
        with pytest.raises(EngineAway, match="HEARTH_REMOTE_TOKEN"):
            wrong.transcribe(sound, language="en")
