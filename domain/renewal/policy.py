"""Which products get today's date when dates are renewed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

from domain.errors import Fault, InvalidFieldsError
from domain.json_value import Json
from domain.products.product import Product, number

Dates: TypeAlias = Literal["all", "dated"]
"""Whether all products are renewed, or only those that hold a date already."""
ExceptionKind: TypeAlias = Literal["code", "plu", "category"]
MOST_EXCEPTIONS: Final = 5_000
FIELDS: Final[Mapping[ExceptionKind, str]] = MappingProxyType(
    {"code": "code", "plu": "pluNumber", "category": "category"}
)
"""The fields of a product with the number that an exception names."""


@dataclass(frozen=True, slots=True)
class RenewalException:
    """Products that keep their dates: the one with this code or PLU, or those of a category."""

    kind: ExceptionKind
    number: int
    note: str | None = None


@dataclass(frozen=True)
class RenewalPolicy:
    """What a renewal does to the products of a device.

    If several exceptions match a product, the first is the one that is shown.
    """

    dates: Dates = "all"
    exceptions: tuple[RenewalException, ...] = ()

    @property
    def excepts(self) -> Callable[[Product], bool] | None:
        """Whether an exception names a product; None where there are no exceptions."""
        return self._excepts if self.exceptions else None

    def _excepts(self, product: Product) -> bool:
        return self.exception_of(product) is not None

    def exception_of(self, product: Product) -> RenewalException | None:
        """Returns the exception by which a product keeps its dates; None without one."""
        for kind, field in FIELDS.items():
            found = self._by_kind[kind]
            # Many products have no category, and most lists have exceptions of one kind.
            if found and (value := product.get(field)) is not None:
                named = number(value)
                if named in found:
                    return found[named]
        return None

    @property
    def renews(self) -> Callable[[Product], bool] | None:
        """Whether a product gets today's date; None if all do, so that nobody has to ask."""
        return self._renews if self.exceptions or self.dates == "dated" else None

    def _renews(self, product: Product) -> bool:
        if self.dates == "dated" and not holds_a_date(product):
            return False
        return self.exception_of(product) is None

    @cached_property
    def _by_kind(self) -> dict[ExceptionKind, dict[int | None, RenewalException]]:
        found: dict[ExceptionKind, dict[int | None, RenewalException]] = {
            kind: {} for kind in FIELDS
        }
        for each in self.exceptions:
            found[each.kind].setdefault(each.number, each)
        return found


EVERYTHING: Final = RenewalPolicy()


def holds_a_date(product: Product) -> bool:
    """Whether a product has a date of its own. Empty dates and zeros do not count."""
    for field in ("manufactureDate", "sellByDate"):
        held = product.get(field)
        if isinstance(held, str) and held.strip(" 0-."):
            return True
    return False


def require_few_and_distinct(exceptions: Sequence[RenewalException]) -> None:
    """Raises InvalidFieldsError when a list is too long, or names the same thing twice."""
    if len(exceptions) > MOST_EXCEPTIONS:
        _refuse(Fault("too_many_items", {"most": MOST_EXCEPTIONS, "number": len(exceptions)}))
    seen: dict[tuple[ExceptionKind, int], int] = {}
    for place, each in enumerate(exceptions, start=1):
        first = seen.setdefault((each.kind, each.number), place)
        if first != place:
            facts: dict[str, Json] = {"first": first, "second": place, "number": each.number}
            _refuse(Fault(f"{each.kind}_named_twice", facts))


def _refuse(fault: Fault) -> None:
    raise InvalidFieldsError({"list": [fault]})
