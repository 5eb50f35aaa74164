"""What the library says went wrong."""

from __future__ import annotations

__all__ = ["MemoryDamaged", "SystoleError"]

#: Fields of an error that say where it is, the nearest first.
_PLACES = ("layer", "node", "image", "path", "device", "folder", "build", "board", "url")


class SystoleError(Exception):
    """What went wrong: the message says it, with what to do; the attributes carry its parts for programs.

    `what`: which error it is, such as "DoesNotFit" or "ImageSize"; empty where it has no name.
    `where`: the layer, file, device or board, or None.
    `wanted`, `found`: text, or None where the error has no such part.
    `fields`: every part that the error has, text by name.
    """

    def __init__(self, message: str, *, kind: str = "", fields: list[tuple[str, str]] | None = None, **parts: object) -> None:
        super().__init__(message)
        self.what = kind
        self.fields = dict(fields or [], **{name: str(value) for name, value in parts.items()})
        self.where = next((self.fields[name] for name in _PLACES if name in self.fields), None)
        part = lambda *names: next((self.fields[name] for name in names if name in self.fields), None)  # noqa: E731
        # Of what a board lacks, and of names that are not among the known ones.
        self.wanted = part("wanted", "needs", "known")
        self.found = part("found", "has", *(["name"] if "known" in self.fields else []))


class MemoryDamaged(SystoleError):
    """A check found memories of the device that are not what they must be.

    `memory`: their names, text, between commas ("weights", "prog", ...).
    `crc_found`, `crc_wanted`: CRC-32 that the first of them was read back with, and that it must have.
    `doubtful`: range of the numbers, as `Device.submit` gives them, of the images answered since the latest good check.
    `repaired`: the weights, alone damaged, were loaded again; else the bitstream must be loaded again.
    """

    def __init__(self, message: str, memory: str, crc: tuple[int, int], doubtful: tuple[int, int], repaired: bool) -> None:
        super().__init__(message, kind="Damaged", found=f"{crc[0]:#010x}", wanted=f"{crc[1]:#010x}")
        self.memory = memory
        self.crc_found, self.crc_wanted = crc
        self.doubtful = range(*doubtful)
        self.repaired = repaired


def place(what: object) -> str:
    """A text of an address or path, which need not be UTF-8."""
    import os

    try:
        text = os.fsdecode(what)  # type: ignore[arg-type]
    except TypeError:
        raise SystoleError(f"{what!r} is no address and no path; give text, bytes or a path object") from None
    if "\0" in text:
        raise SystoleError(f"{what!r} holds a zero character; no address and no path does")
    return text
