"""An address as a picture that a phone's camera reads: one path of squares, drawn here and by nobody else."""

from dataclasses import dataclass

from qrcode.constants import ERROR_CORRECT_M
from qrcode.main import QRCode

#: White around it, in modules (ISO/IEC 18004, quiet zone).
_MARGIN = 4


@dataclass(frozen=True)
class Picture:
    """For an inline SVG: its side in modules, and the path of the dark ones."""

    side: int
    path: str


def draw(address: str) -> Picture:
    """The QR code of this address."""
    code = QRCode(error_correction=ERROR_CORRECT_M, border=_MARGIN)
    code.add_data(address)
    code.make(fit=True)
    rows = code.get_matrix()
    path = "".join(
        f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, is_dark in enumerate(row) if is_dark
    )
    return Picture(len(rows), path)
