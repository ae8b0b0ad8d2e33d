"""Whoever waits hears now and then how far it is."""

from app.backup.progress import Progress


def test_it_is_said_every_hundred_files_and_every_gigabyte() -> None:
    said: list[str] = []
    progress = Progress(said.append, 1250)
    for _ in range(250):
        progress.add(1_000)
    progress.add(4_000_000_000)
    progress.add(10)

    assert said == [
        "100 of 1,250 files, 0.0 GB",
        "200 of 1,250 files, 0.0 GB",
        "251 of 1,250 files, 4.0 GB",
    ]
