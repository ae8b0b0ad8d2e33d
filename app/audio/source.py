"""How ffmpeg is told to read a recording: as this format and nothing else, in one form, in its own time.

A first graph brings the sound into one form and is built anew wherever the source changes its own; what it
gives goes through ffmpeg's loopback decoder (ffmpeg, "Loopback decoders"), so that everything behind it runs
once from the first sample to the last. This file must not know what is made of the sound.
"""

from pathlib import Path

from app.audio.containers import DECODERS

_ERRORS_AT_MOST = 0.5
_SMALLEST_GAP_S = 0.02
_LARGEST_GAP_S = 60
"""A pause in the times of a file is kept as silence up to this; a larger jump is no pause but an error."""

WITHOUT_METADATA = (
    *("-map_metadata", "-1", "-map_chapters", "-1"),
    *("-fflags", "+bitexact", "-flags:a", "+bitexact"),
)
"""Nothing of the source's place, device or author goes into what we write."""

# registers: 0 how far the frame lies behind the end of those before, 1 that end, 2 samples given so far;
# times that step back by less than a second are jitter, others a new beginning
_OWN_TIME = (
    "asetpts='st(0,T*SR-ld(1));"
    "st(1,if(lt(ld(0),-SR),T*SR+NB_SAMPLES,max(T*SR+NB_SAMPLES,ld(1))));"
    f"st(2,ld(2)+NB_SAMPLES+if(between(ld(0),{_SMALLEST_GAP_S}*SR,{_LARGEST_GAP_S}*SR),ld(0),0))-NB_SAMPLES',"
    "aresample=async=1:first_pts=0:min_hard_comp=0.01"
)


def reading(path: Path, demuxer: str, skipped_bytes: int = 0) -> tuple[str, ...]:
    """ffmpeg's arguments to read a file as this format and nothing else, its first sound track only."""
    skip = ("-skip_initial_bytes", str(skipped_bytes)) if skipped_bytes else ()
    return (
        *("-hide_banner", "-nostdin", "-nostats", "-loglevel", "level+info"),
        # one thread a graph, two a decoder: the graphs run beside one another anyway
        *("-filter_complex_threads", "1", "-threads", "2", "-max_error_rate", str(_ERRORS_AT_MOST)),
        *(*skip, "-max_streams", "64", "-f", demuxer, "-format_whitelist", demuxer),
        *("-protocol_whitelist", "file", "-codec_whitelist", DECODERS),
        *("-vn", "-sn", "-dn", "-i", f"file:{path}"),
    )


def in_one_form(
    rate_hz: int, layout: str, *, only: str | None = None, of_each_40_s: int | None = None
) -> tuple[str, ...]:
    """The first output of a command: the sound at this rate, `mono` or `stereo`, perhaps one channel of it.

    `of_each_40_s` takes only so many seconds of each forty.

    `("-dec", "0:0")` behind it makes it the input `[dec:0]` of further graphs, which begin with `own_time`.
    """
    one = f",pan=mono|c0={only}" if only else ""
    some = f"aselect='lt(mod(t,40),{of_each_40_s})'," if of_each_40_s else ""
    graph = f"[0:a:0]{some}aresample={rate_hz},aformat=channel_layouts={layout}{one}[form]"
    return ("-filter_complex", graph, "-map", "[form]", "-c:a", "pcm_f32le", "-f", "null", "-")


def own_time(rate_hz: int, layout: str) -> str:
    """Filters that count samples, and fill with silence what the source's own times leave out, also at first.

    The form is said again: the filter that fills the gaps would take any that suits those behind it.
    """
    return f"{_OWN_TIME},aformat=sample_rates={rate_hz}:channel_layouts={layout}"
