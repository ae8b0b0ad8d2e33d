"""What is counted of listeners. No table says who they are."""

import enum


class Listening(enum.StrEnum):
    """What somebody did with an Episode, and what software did that is no listener."""

    download = "download"
    play = "play"
    read = "read"
    software = "software"
