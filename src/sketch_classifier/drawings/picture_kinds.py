"""The kinds of pictures that are read, told by the names and first bytes of files. Imports no image library."""

from __future__ import annotations

# Pillow's names; for animations, the first frame is read. HEIF (.heic) needs the extra "heic".
KINDS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF", "HEIF")
PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".heic", ".heif")
STARTS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"BM", b"GIF87a", b"GIF89a", b"II*\0", b"MM\0*")
BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")  # of HEIF files


def is_picture(start: bytes) -> bool:
    """Whether the first 16 bytes of a file are those of a picture of one of KINDS."""
    is_webp = start.startswith(b"RIFF") and start[8:12] == b"WEBP"
    return start.startswith(STARTS) or is_webp or is_heif(start)


def is_heif(start: bytes) -> bool:
    """Whether the first 16 bytes of a file are those of a HEIF picture."""
    return start[4:8] == b"ftyp" and start[8:12] in BRANDS
