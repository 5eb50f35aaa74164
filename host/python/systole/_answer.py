"""What a network answers, and how that is shown."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, overload

import numpy as np

__all__ = ["Answer", "Answers", "Ranked"]


class Ranked(NamedTuple):
    """A class among an answer's best: its label ("" where the network has none), its number, its probability by softmax, and
    its score."""

    label: str
    number: int
    probability: float
    score: float


def table(rows: Sequence[Sequence[object]], head: Sequence[str]) -> str:
    """An HTML table of texts and numbers."""
    line = lambda tag, cells: "<tr>" + "".join(f"<{tag}>{html.escape(str(cell))}</{tag}>" for cell in cells) + "</tr>"  # noqa: E731
    return "<table>" + line("th", head) + "".join(line("td", row) for row in rows) + "</table>"


@dataclass(frozen=True)
class Answer:
    """The answer to one image.

    `scores`: float64 (classes,), in the unit of the model's own scores. `labels`: as the network's. `cycles`: clock cycles
    from the image's first beat to its result, or None where no machine ran.
    """

    scores: np.ndarray = field(repr=False)
    labels: Sequence[str] = field(repr=False)
    cycles: int | None = None

    @property
    def best(self) -> int:
        """Number of the best class."""
        return int(self.scores.argmax())

    @property
    def label(self) -> str:
        """Label of the best class."""
        return self.labels[self.best]

    @property
    def probabilities(self) -> np.ndarray:
        """float64 (classes,): softmax of the scores."""
        powers = np.exp(self.scores - self.scores.max())
        return powers / powers.sum()

    def top(self, count: int = 5) -> list[Ranked]:
        """The `count` best classes, best first; equal scores in class order."""
        order = np.argsort(-self.scores, kind="stable")[:count]
        shares = self.probabilities
        return [Ranked(self.labels[at], int(at), float(shares[at]), float(self.scores[at])) for at in order]

    def __str__(self) -> str:
        return "\n".join(f"{r.probability:6.1%}  {r.label or r.number}" for r in self.top())

    def _repr_html_(self) -> str:
        rows = [(r.label or r.number, f"{r.probability:.1%}", f"{r.score:.4g}") for r in self.top()]
        return table(rows, ("class", "probability", "score"))


class Answers(Sequence[Answer]):
    """The answers to several images, in their order.

    `scores`: float64 (images, classes). `interval_cycles`: clock cycles from one result to the next, images back to back,
    and `images_per_second` at the plan's clock: None where no machine ran or fewer than two images did.
    """

    def __init__(self, scores: np.ndarray, labels: Sequence[str], spans: Sequence[tuple[int, int]] = (), clock_mhz: float | None = None) -> None:
        self.scores = scores
        cycles: list[int | None] = [end - begin for begin, end in spans] or [None] * len(scores)
        self._answers = [Answer(one, labels, count) for one, count in zip(scores, cycles)]
        ends = [end for _, end in spans]
        steps = np.diff(ends)
        self.interval_cycles: int | None = int(steps[-1]) if len(steps) else None
        self.images_per_second: float | None = None
        if self.interval_cycles and clock_mhz:
            self.images_per_second = clock_mhz * 1e6 / self.interval_cycles

    @overload
    def __getitem__(self, at: int) -> Answer: ...

    @overload
    def __getitem__(self, at: slice) -> Sequence[Answer]: ...

    def __getitem__(self, at: int | slice) -> Answer | Sequence[Answer]:
        return self._answers[at]

    def __len__(self) -> int:
        return len(self._answers)

    def best(self) -> np.ndarray:
        """int64 (images,): number of the best class of each."""
        return self.scores.argmax(axis=1)

    def __repr__(self) -> str:
        cycles = f", {self.interval_cycles:,} cycles per image" if self.interval_cycles else ""
        return f"<Answers to {len(self)} images{cycles}>"

    def _repr_html_(self) -> str:
        rows = [(at, a.label or a.best, f"{a.probabilities.max():.1%}", a.cycles or "") for at, a in enumerate(self)]
        return table(rows, ("image", "class", "probability", "cycles"))
