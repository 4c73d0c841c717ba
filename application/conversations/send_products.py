"""Sending products, and finding those that the device will not take."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from application.ports.scales import Connection, ProductsRefusedError, ScalesError
from domain.products.product import Product, ProductKey, key_of
from domain.products.product_file import ProductFile
from domain.products.refused import Culprit, Findings, Reason, find_culprits


@dataclass(frozen=True, slots=True)
class Sent:
    """What the device has made of products sent to it: their size in bytes, the culprits, whether
    it refused them as a whole although no single product is at fault, and the file it holds now.

    `held` is None where the device took all of it at once.
    """

    size: int
    culprits: Sequence[Culprit] = ()
    refused_as_a_whole: bool = False
    held: ProductFile | None = None

    @property
    def refused(self) -> frozenset[ProductKey]:
        """The keys of the culprits."""
        keys = (key_of(culprit.product) for culprit in self.culprits)
        return frozenset(key for key in keys if key is not None)


def send(
    connection: Connection,
    file: ProductFile,
    *,
    clear: bool,
    find_faults: bool,
    reserve: Callable[[int], None],
) -> Sent:
    """Have the device take the file; where it refuses and `find_faults` is set, as much of it as it
    will take, without clearing anything. `reserve` is as for `read`. Raises ScalesError."""
    try:
        return Sent(connection.send(file, clear=clear))
    except ProductsRefusedError as refusal:
        if not find_faults or not file.products:
            raise
        return _find_faults(connection, file, refusal, reserve)


def _find_faults(
    connection: Connection,
    file: ProductFile,
    refusal: ProductsRefusedError,
    reserve: Callable[[int], None],
) -> Sent:
    size, taken = 0, False
    groups = _by_key(file.products)

    def send_part(part: range) -> Reason | None:
        nonlocal size, taken
        products = [product for at in part for product in groups[at]]
        try:
            size += connection.send(file.with_products(products), clear=False)
        except ProductsRefusedError as error:
            return error.reason
        taken = True
        return None

    try:
        findings: Findings = find_culprits(len(groups), refusal.reason, send_part)
    except ScalesError as error:
        if not taken and not error.maybe_accepted:
            raise refusal from error
        error.learn(maybe_accepted=True)
        raise
    if not findings.taken and len(groups) > 1:
        raise refusal  # of whatever it was sent: no product is at fault
    culprits = [
        Culprit(product, reason)
        for at, reason in sorted(findings.refused.items())
        for product in groups[at]
    ]
    held = file_now(connection, reserve) if taken else connection.read(reserve).file
    return Sent(size, culprits, bool(findings.combinations), held)


def _by_key(products: Sequence[Product]) -> list[list[Product]]:
    """Products with the same key go together: a device tells them apart by their order alone."""
    groups: dict[ProductKey | int, list[Product]] = {}
    for position, product in enumerate(products):
        key = key_of(product)
        groups.setdefault(position if key is None else key, []).append(product)
    return list(groups.values())


def file_now(connection: Connection, reserve: Callable[[int], None]) -> ProductFile:
    """What the device holds after it took something: only it can tell. Raises ScalesError."""
    try:
        return connection.read(reserve).file
    except ScalesError as error:
        error.learn(maybe_accepted=True)
        raise
