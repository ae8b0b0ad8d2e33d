"""The privacy page says where speech is written down, whatever the operator has chosen."""

from dataclasses import replace

from app import create_app
from app.backends import Backends


def words(backends: Backends) -> str:
    return create_app(backends=backends).test_client().get("/privacy").get_data(as_text=True)


def test_speech_stays_here_by_default(backends: Backends) -> None:
    assert "on this service’s own computers. It is not sent to another company." in words(backends)


def test_another_server_is_named_where_speech_is_sent_to_it(backends: Backends) -> None:
    settings = replace(
        backends.settings,
        engine="remote",
        remote_url="https://speech.example.org/v1",
        remote_token="sk-very-secret",
    )
    said = words(replace(backends, settings=settings))

    assert "<strong>speech.example.org</strong>" in said
    assert "not sent to another company" not in said
    assert "sk-very-secret" not in said
