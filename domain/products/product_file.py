"""The product file of one device, as the device writes it.

The document belongs to the device: sections, fields, lists and order that are not modelled here
survive untouched.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Final, Literal, Self

from domain.devices.device_text import cut
from domain.errors import (
    AmbiguousProductError,
    BadProductFileError,
    FileTooLargeError,
    UnknownProductError,
)
from domain.json_value import Json
from domain.notices import Notice
from domain.products.product import (
    MOST_NAMED,
    NO_UNIT,
    UNITS,
    NumberKind,
    Product,
    ProductKey,
    identified,
    is_live,
    key_from,
    number,
    plu_of,
)

LARGEST_FILE: Final = 16 * 1024 * 1024
"""Bytes. A file of 20,000 products has 7 MB."""
MOST_PRODUCTS: Final = 50_000
MOST_WARNINGS: Final = 20
"""The most shared numbers that have a notice of their own."""


@dataclass(frozen=True)
class Numbers:
    """The codes and PLUs of a file's products and whether each is live, by position."""

    codes: list[int | None]
    plus: list[int | None]
    live: list[bool]

    @classmethod
    def of(cls, products: list[Product]) -> Self:
        """Returns the numbers of these products, read in one pass. This is much faster than one
        product at a time."""
        return cls(
            [
                code if type(code := product.get("code")) is int else number(code)
                for product in products
            ],
            [
                (plu if type(plu := product.get("pluNumber")) is int else number(plu)) or None
                for product in products
            ],
            [product.get("deleted") is False or is_live(product) for product in products],
        )

    @cached_property
    def by_key(self) -> dict[ProductKey, list[int]]:
        """The positions of the products with each key."""
        found: dict[ProductKey, list[int]] = {}
        for position, (code, plu) in enumerate(zip(self.codes, self.plus, strict=True)):
            if code is not None or plu is not None:
                found.setdefault(key_from(code, plu), []).append(position)
        return found

    @cached_property
    def by_name(self) -> dict[int | None, list[int]]:
        """The positions of the products with each PLU, or with each code if they have no PLU."""
        found: dict[int | None, list[int]] = {}
        for position, (code, plu) in enumerate(zip(self.codes, self.plus, strict=True)):
            found.setdefault(code if plu is None else plu, []).append(position)
        return found

    def hold_for(self, position: int, product: Product) -> bool:
        """Whether these numbers stay right with another product at this position."""
        return (
            number(product.get("code")) == self.codes[position]
            and plu_of(product) == self.plus[position]
            and is_live(product) == self.live[position]
        )

    @cached_property
    def live_keys(self) -> dict[ProductKey, int]:
        """The position of each live product by key, without keys that several products share."""
        found: dict[ProductKey, int] = {}
        for position, (code, plu, live) in enumerate(
            zip(self.codes, self.plus, self.live, strict=True)
        ):
            if live and (code is not None or plu is not None):
                found[key_from(code, plu)] = position
        for key in self.clashes:
            if key.kind == "code" or key in found:
                del found[key]
        return found

    @cached_property
    def clashes(self) -> dict[ProductKey, list[int]]:
        """The positions of live products that share a PLU or a code, by what they share."""
        found: dict[ProductKey, list[int]] = {}
        numbers_by_kind: tuple[tuple[NumberKind, list[int | None]], ...] = (
            ("code", self.codes),
            ("plu", self.plus),
        )
        for kind, numbers in numbers_by_kind:
            used = [
                each
                for each, live in zip(numbers, self.live, strict=True)
                if live and each is not None
            ]
            if len(set(used)) == len(used):
                continue
            by_number: dict[int, list[int]] = {}
            for position, (each, live) in enumerate(zip(numbers, self.live, strict=True)):
                if live and each is not None:
                    by_number.setdefault(each, []).append(position)
            for shared, positions in by_number.items():
                if len(positions) > 1:
                    found[ProductKey(kind, shared)] = positions
        return found

    @cached_property
    def clashing(self) -> dict[int, list[int]]:
        """For each live product that shares its PLU or code: the positions of all that share it."""
        found: dict[int, list[int]] = {}
        for positions in self.clashes.values():
            for position in positions:
                found.setdefault(position, positions)
        return found


def has_unknown_unit(product: Product) -> bool:
    """Whether this is a live product whose shelf life has a unit that is not known."""
    unit = product.get("shelfLifeType")
    return unit not in UNITS and unit not in NO_UNIT and is_live(product)


@dataclass(frozen=True)
class ProductFile:
    """A product file. The document is never changed in place."""

    document: dict[str, Json]

    @classmethod
    def of(cls, document: Json) -> Self:
        """Returns the document as a product file. Raises BadProductFileError when it is none."""
        if not isinstance(document, dict):
            raise BadProductFileError("no_object")
        products = document.get("products")
        if not isinstance(products, list):
            raise BadProductFileError("no_products")
        for position, product in enumerate(products):
            if type(product) is not dict:
                raise BadProductFileError("no_product", position + 1)
        return cls(document)

    def bounded(self) -> Self:
        """Returns the file itself. Raises FileTooLargeError when it has too many products."""
        if len(self.products) > MOST_PRODUCTS:
            raise FileTooLargeError("products", len(self.products), MOST_PRODUCTS)
        return self

    @classmethod
    def empty(cls) -> Self:
        """Returns the file of a new device."""
        return cls({"products": []})

    @property
    def products(self) -> list[Product]:
        """Every product in the device's own order, deleted ones included."""
        return self.document["products"]  # type: ignore[return-value]  # checked by `of`

    def with_products(self, products: list[Product]) -> Self:
        """Returns the same file with other products. Their place among the sections stays."""
        return type(self)({**self.document, "products": products})  # type: ignore[dict-item]

    def with_replaced(self, changed: dict[int, Product]) -> Self:
        """Returns the same file with other products at these positions."""
        products = list(self.products)
        for position, product in changed.items():
            products[position] = product
        file = self.with_products(products)
        if all(self.numbers.hold_for(*replaced) for replaced in changed.items()):
            # Few edits change a number. For the rest, the numbers of both files are the same.
            vars(file)["numbers"] = self.numbers
        others = [position for position in self._of_unknown_unit if position not in changed]
        unknown = [at for at, product in changed.items() if has_unknown_unit(product)]
        vars(file)["_of_unknown_unit"] = sorted(others + unknown)
        return file

    @cached_property
    def numbers(self) -> Numbers:
        """The numbers of its products."""
        return Numbers.of(self.products)

    def named(self, sought: int) -> list[int]:
        """Returns the positions of the products with this PLU, or with this code if they have no
        PLU."""
        return self.numbers.by_name.get(sought, [])

    def coded(self, sought: int) -> list[int]:
        """Returns the positions of the products with this code, whatever their PLU."""
        return self.numbers.by_key.get(ProductKey("code", sought), [])

    def find(self, sought: int, kind: NumberKind = "plu") -> int:
        """Returns the position of the product with this PLU, or with this code if it has no PLU.

        With `kind` "code", it is the product with this code. Live products are preferred to deleted
        ones. Raises UnknownProductError. Raises AmbiguousProductError when several products could
        be meant, or when the product shares its PLU or code with another live one.
        """
        candidates = self.named(sought) if kind == "plu" else self.coded(sought)
        live = [position for position in candidates if self.numbers.live[position]]
        meant = live or candidates
        if not meant:
            raise UnknownProductError(sought, kind=kind)
        if len(meant) > 1:
            raise self._ambiguous("several", sought, meant)
        if meant[0] in self.numbers.clashing:
            raise self._ambiguous("shared", sought, self.numbers.clashing[meant[0]])
        return meant[0]

    def _ambiguous(
        self, problem: Literal["several", "shared"], sought: int, positions: Sequence[int]
    ) -> AmbiguousProductError:
        products = [identified(self.products[position]) for position in positions[:MOST_NAMED]]
        return AmbiguousProductError(problem, sought, products, len(positions))

    def warnings(self) -> list[Notice]:
        """Returns a notice for each PLU or code that live products share, up to a bound, and one
        for all live products whose shelf life has an unknown unit."""
        return [*self._shared_numbers(), *self._unknown_units()]

    def _unknown_units(self) -> list[Notice]:
        positions = self._of_unknown_unit
        if not positions:
            return []
        named: list[Json] = [
            {**identified(product), "type": cut(str(product["shelfLifeType"]))}
            for product in (self.products[position] for position in positions[:MOST_NAMED])
        ]
        facts: dict[str, Json] = {"products": named, "total": len(positions)}
        return [Notice("unknown_shelf_life_types", facts)]

    @cached_property
    def _of_unknown_unit(self) -> list[int]:
        """The positions of the live products whose shelf life has an unknown unit."""
        return [at for at, product in enumerate(self.products) if has_unknown_unit(product)]

    def _shared_numbers(self) -> list[Notice]:
        """Returns the notices of shared numbers. Beyond `MOST_WARNINGS`, one notice counts the
        rest."""
        clashes = self.numbers.clashes
        notices = [
            Notice(
                f"shared_{kind}",
                {
                    "number": shared,
                    "products": [
                        identified(self.products[position]) for position in positions[:MOST_NAMED]
                    ],
                    "total": len(positions),
                },
            )
            for (kind, shared), positions in islice(clashes.items(), MOST_WARNINGS)
        ]
        if (more := len(clashes) - MOST_WARNINGS) > 0:
            notices.append(Notice("more_shared_numbers", {"number": more}))
        return notices

    def live(self) -> Iterator[Product]:
        """The products that are not deleted."""
        return (product for product in self.products if is_live(product))
