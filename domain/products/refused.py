"""Finding the products that a device will not take."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from domain.errors import DomainError
from domain.json_value import Json
from domain.products.product import Product, identified

Reason: TypeAlias = str | int
"""Why a device will not take products: its own words, perhaps none, or its result code."""


class Culprit(NamedTuple):
    """A product that the device will not take, and why."""

    product: Product
    reason: Reason


class ProductsAtFaultError(DomainError):
    """The device took all products but these."""

    code = "ProductsAtFault"

    def __init__(self, culprits: Sequence[Culprit], sent: int) -> None:
        self.culprits = culprits
        products: list[Json] = [
            {**identified(product), "reason": reason} for product, reason in culprits
        ]
        super().__init__(products=products, sent=sent)


@dataclass(slots=True)
class Findings:
    """Positions of products: those the device took, and the reason for each it will not take.

    `combinations` holds positions that the device refused, although it took each half of them: no
    single product is at fault there.
    """

    taken: list[int] = field(default_factory=list)
    refused: dict[int, Reason] = field(default_factory=dict)
    combinations: list[range] = field(default_factory=list)


def find_culprits(count: int, reason: Reason, send: Callable[[range], Reason | None]) -> Findings:
    """Halve what was refused until single products remain, so that the device holds all the others.

    `send` sends the products at these positions, all or none, and returns the reason of a refusal.
    One product at fault among `count` takes about log2(count) pairs of sends.
    """
    findings = Findings()

    def halve(span: range, reason: Reason) -> None:
        if len(span) == 1:
            findings.refused[span.start] = reason
            return
        middle = len(span) // 2
        reasons = []
        for half in (span[:middle], span[middle:]):
            why = send(half)
            reasons.append(why)
            if why is None:
                findings.taken.extend(half)
            else:
                halve(half, why)
        if reasons == [None, None]:
            findings.combinations.append(span)

    if count:
        halve(range(count), reason)
    return findings
