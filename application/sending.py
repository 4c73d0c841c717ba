"""Sending products, and finding those that the device will not take."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from application.ports.scales import Conversation, ProductsRefusedError, ScalesError
from domain.culprits import Culprit, Findings, find_culprits
from domain.product_file import Product, ProductFile, ProductKey, key_of


@dataclass(frozen=True, slots=True)
class Sent:
    """What the device has made of products sent to it: bytes, culprits, and whether it refused
    them together although no single product is at fault."""

    size: int
    culprits: Sequence[Culprit] = ()
    refused_together: bool = False

    @property
    def refused(self) -> frozenset[ProductKey]:
        """The keys of the culprits."""
        keys = (key_of(culprit.product) for culprit in self.culprits)
        return frozenset(key for key in keys if key is not None)


def send(line: Conversation, file: ProductFile, *, clear: bool, find_faults: bool) -> Sent:
    """Have the device take the file; where it refuses and `find_faults` is set, all of it that it
    will take, without clearing anything. Raises ScalesError."""
    try:
        return Sent(line.send(file, clear=clear))
    except ProductsRefusedError as refusal:
        if not find_faults or not file.products:
            raise
        return _find_faults(line, file, refusal)


def _find_faults(line: Conversation, file: ProductFile, refusal: ProductsRefusedError) -> Sent:
    size, taken = 0, False

    def send_part(part: range) -> str | None:
        nonlocal size, taken
        products = file.products[part.start : part.stop]
        try:
            size += line.send(file.with_products(products), clear=False)
        except ProductsRefusedError as error:
            return error.reason
        taken = True
        return None

    try:
        findings: Findings = find_culprits(len(file.products), refusal.reason, send_part)
    except ScalesError as error:
        if not taken and not error.maybe_accepted:
            raise refusal from error
        error.maybe_accepted = True
        raise
    if not findings.taken and len(file.products) > 1:
        raise refusal  # of whatever it was sent: no product is at fault
    culprits = [
        Culprit(file.products[at], reason) for at, reason in sorted(findings.refused.items())
    ]
    return Sent(size, culprits, bool(findings.together))


def without_refused(
    wanted: ProductFile, held: ProductFile, refused: Collection[ProductKey]
) -> ProductFile:
    """What the device holds now: `wanted`, but the refused products as it held them before."""
    if not refused:
        return wanted
    products: list[Product] = []
    for product in wanted.products:
        if key_of(product) not in refused:
            products.append(product)
            continue
        key = key_of(product)
        if key is not None and key in held.numbers.live_keys:
            products.append(held.products[held.numbers.live_keys[key]])
    return wanted.with_products(products)
