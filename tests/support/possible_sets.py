"""Random parts of domains: what a table's inputs may still be."""

import random
from collections.abc import Iterable, Mapping

from oligoscope.tables.domain import Choices, Dates, Domain, Possible


def random_answers(source: random.Random, names: Iterable[str], domains: Mapping[str, Domain]) -> dict[str, Possible]:
    """Something possible of every input: one value, several, or everything."""
    return {name: random_possible(source, domains[name]) for name in names}


def random_possible(source: random.Random, domain: Domain) -> Possible:
    roll = source.random()
    if roll < 0.15:
        return domain.everything
    if isinstance(domain, Choices):
        n = 1 if roll < 0.65 else source.randint(1, len(domain.labels))
        return domain.mask(source.sample(domain.labels, n))
    assert not isinstance(domain, Dates)
    numbers = sorted(source.choice((0, 1, 2, 3, 4, 5, 6, 7, 28, 29, 69, 70)) for _ in range(2))
    low, high = (max(domain.low, min(domain.high, n)) for n in numbers)
    return (low, low) if roll < 0.65 else (low, high)
