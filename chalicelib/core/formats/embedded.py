"""The images inside a file, made ready to be shown: they need no upload of their own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from chalicelib.core.article import Image
from chalicelib.core.clean import one_line
from chalicelib.core.errors import UploadRejected
from chalicelib.core.formats.reading import Embedded, Reading
from chalicelib.core.limits import MAX_PICTURES
from chalicelib.core.pictures import Prepared, PreparedFile, prepare_embedded
from chalicelib.core.receipt import Dropped


class EmbeddedImages:
    """Of the images inside a file, those that its text shows, and why others are not shown.

    `problems` has the name of each that the text shows, with "" where it is ready; the cleaner
    tells the others. `dropped` tells what the text does not show, and what is lost of the rest.
    """

    def __init__(self, reading: Reading) -> None:
        self.problems: dict[str, str] = {}
        self._prepared: dict[str, Prepared] = {}
        shown = [name for name in reading.embedded if f'src="{name}"' in reading.html]
        for place, name in enumerate(shown):
            self.problems[name] = (
                self._prepare(name, reading.embedded[name])
                if place < MAX_PICTURES  # decoding is dear: a hundred would outlast the function
                else f"a text shows at most {MAX_PICTURES}"
            )
        unseen = len(reading.embedded) - len(shown)
        why = "it has no place in the text: upload it under media/"
        lost = Counter({Dropped(what="image in the file", count=1, why=why): unseen})
        lost.update(part for one in self._prepared.values() for part in one.dropped)
        self.dropped = tuple(replace(part, count=count) for part, count in lost.items() if count)

    def _prepare(self, name: str, embedded: Embedded) -> str:
        if embedded.problem:
            return embedded.problem
        try:
            self._prepared[name] = prepare_embedded(embedded.data, crop=embedded.crop)
        except UploadRejected as error:
            return one_line(error.findings[0].message).rstrip(".")
        return ""

    def image(self, key: str) -> Image:
        """Return what the body shows as *key*, complete where it is one of the file's own."""
        prepared = self._prepared.get(key)
        return Image(key=key, picture=prepared.picture if prepared else None)

    def files(self, keys: Iterable[str]) -> tuple[PreparedFile, ...]:
        """Return what the file's own images among *keys* are served from, each once."""
        shown = (self._prepared[key] for key in keys if key in self._prepared)
        return tuple({file.name: file for prepared in shown for file in prepared.files}.values())
