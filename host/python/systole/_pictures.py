"""Pictures in every form that Python has them: as R, G, B bytes with their size, or as files for the library to read."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any, Union

import numpy as np

from ._errors import SystoleError, place
from . import _native

__all__ = ["Images", "Picture", "pictures"]

#: One picture: a path, a PIL image, or an array (height, width), (height, width, 1 or 3) of bytes or of floats in 0..1.
Picture = Any
#: One picture, an iterable of them, an array (count, height, width, 3) or (count, height, width), or a folder.
Images = Union[Picture, Iterable[Picture]]

#: As the library takes them: a path, or name, rows, pixels per row, bytes.
Given = Union[str, tuple[str, int, int, bytes]]

TAKEN = "give a path, a PIL image, or an array (height, width), (height, width, 1) or (height, width, 3) of uint8 or of floats in 0..1"


def _is_pil(what: object) -> bool:
    return hasattr(what, "convert") and hasattr(what, "getbands")


def _bytes(array: np.ndarray, name: str) -> np.ndarray:
    if array.dtype == np.uint8:
        return array
    if array.dtype == bool or not np.issubdtype(array.dtype, np.floating):
        raise SystoleError(f"{name} is of {array.dtype} {array.shape}; {TAKEN}", kind="ImageType", found=array.dtype)
    low, high = (float(array.min()), float(array.max())) if array.size else (0.0, 0.0)
    if not (low >= 0.0 and high <= 1.0):
        found = f"{low:g}..{high:g}"
        raise SystoleError(f"{name} has values {found}; floats must be in 0..1", kind="ImageRange", found=found, wanted="0..1")
    return np.rint(array * 255.0).astype(np.uint8)


def pixels(array: np.ndarray, name: str) -> Given:
    """Of an array of one picture."""
    if array.ndim == 2:
        array = array[:, :, None]
    if array.ndim != 3 or array.shape[2] not in (1, 3) or 0 in array.shape:
        raise SystoleError(f"{name} is of {array.dtype} {array.shape}; {TAKEN}", kind="ImageShape", found=array.shape)
    array = _bytes(array, name)
    array = np.ascontiguousarray(np.broadcast_to(array, (*array.shape[:2], 3)))
    return name, array.shape[0], array.shape[1], array.tobytes()


def array_of(picture: Picture, name: str) -> np.ndarray:
    """The array of what is no path and no PIL image."""
    try:
        array = np.asarray(picture)
    except ValueError as error:
        raise SystoleError(f"{name} is no array ({error}); {TAKEN}", kind="ImageType") from None
    if array.dtype == object:
        raise SystoleError(f"{name} is {picture!r:.60}; {TAKEN}", kind="ImageType")
    return array


def one(picture: Picture, name: str = "the image") -> Given:
    """One picture."""
    if isinstance(picture, (str, bytes, os.PathLike)):
        return place(picture)
    if _is_pil(picture):
        alpha = "transparency" in picture.info or picture.mode in ("LA", "PA", "RGBA", "La", "RGBa")
        if alpha and picture.convert("RGBA").getextrema()[3][0] < 255:
            raise SystoleError(f"{name} is transparent in places; put it on a background first", kind="ImageType")
        return pixels(np.asarray(picture.convert("RGB")), name)
    return pixels(array_of(picture, name), name)


def pictures(images: Images) -> tuple[list[Given], bool]:
    """All pictures, and whether it was a single one."""
    if isinstance(images, (str, bytes, os.PathLike)):
        path = place(images)
        return ([place(file) for file in _native.files([path])], False) if os.path.isdir(path) else ([path], True)
    if _is_pil(images):
        return [one(images)], True
    if isinstance(images, np.ndarray) or hasattr(images, "__array__"):
        array = array_of(images, "images")
        if array.ndim == 4 or (array.ndim == 3 and array.shape[2] not in (1, 3)):
            return [pixels(picture, f"image {at}") for at, picture in enumerate(array)], False
        return [pixels(array, "the image")], True
    try:
        listed = list(images)
    except TypeError:
        raise SystoleError(f"images is {images!r:.60}; give images one after another, such as a list") from None
    if listed and np.ndim(listed[0]) == 0 and not isinstance(listed[0], (str, bytes, os.PathLike)) and not _is_pil(listed[0]):
        return [one(images)], True
    return [one(picture, f"image {at}") for at, picture in enumerate(listed)], False
