"""The report on the labels of one device, in one pass over its file."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from operator import itemgetter
from typing import Final, NamedTuple

from domain.products.label_checks.checks import (
    ALIKE_BY,
    EVERY,
    LABEL_DATES,
    SUSPECTED,
    Check,
    Facts,
    Place,
    Surroundings,
    dates_not_today,
    dates_of,
    made_in_future,
    sell_by_past,
)
from domain.products.label_dates import Renews
from domain.products.product import Product
from domain.products.product_file import ProductFile

DAY: Final = timedelta(days=1)


class Finding(NamedTuple):
    """A fault of a product."""

    check: Check
    facts: Facts


@dataclass(frozen=True, slots=True)
class CheckedProduct:
    """A product that is to be looked at, or is listed in any case; and its place in the file."""

    position: int
    product: Product
    findings: Sequence[Finding]


@dataclass(frozen=True)
class LabelReport:
    """The report for a day, in the order of the file."""

    today: date
    products: Sequence[CheckedProduct]

    @cached_property
    def counts(self) -> Mapping[Check, int]:
        """How many products each check finds."""
        counts = dict.fromkeys(Check, 0)
        for each in self.products:
            for finding in each.findings:
                counts[finding.check] += 1
        return counts


@dataclass(frozen=True, slots=True)
class DeviceCheck:
    """A check that finds something on a device, on the days from `first` to `last`, except on
    `but`."""

    check: Check
    first: date | None = None
    last: date | None = None
    but: date | None = None

    def finds_on(self, today: date) -> bool:
        """Whether it finds something on that day."""
        begun = self.first is None or self.first <= today
        past = self.last is not None and self.last < today
        return begun and not past and self.but != today


def report(
    file: ProductFile,
    today: date,
    renews: Renews | None = None,
    *,
    listed: Callable[[Product], bool] | None = None,
) -> LabelReport:
    """Returns every live product that a shop should look at, and those that are `listed` in any
    case. Products that are not renewed may have other dates than today's."""
    return LabelReport(today, list(_looked_at(file, today, renews, listed)))


def _looked_at(
    file: ProductFile,
    today: date,
    renews: Renews | None,
    listed: Callable[[Product], bool] | None,
) -> Iterator[CheckedProduct]:
    around = Surroundings.of(file)
    for position, product in _live(file):
        place, dates = Place(product, position, around), dates_of(product)
        facts: dict[Check, Facts | None] = {
            check: find(place) for check, suspected, find in _CHECKS if suspected(product)
        }
        facts[Check.SELL_BY_PAST] = sell_by_past(dates, today)
        facts[Check.MADE_IN_FUTURE] = made_in_future(dates, today)
        if renews is None or renews(product):
            facts[Check.DATES_NOT_TODAY] = dates_not_today(dates, today)
        findings = [
            Finding(check, found) for check in Check if (found := facts.get(check)) is not None
        ]
        if findings or (listed is not None and listed(product)):
            yield CheckedProduct(position, product, findings)


def device_checks(file: ProductFile, renews: Renews | None = None) -> Sequence[DeviceCheck]:
    """Returns the checks that find something in a file on any day, in the order of their names.

    This is quick, since it runs whenever a file is saved: products that are equal in what matters
    are checked once, and a check stops at the first product in which it finds something.
    """
    live, around = _live(file), Surroundings.of(file)
    alike = _distinct_in(LABEL_DATES, live)
    found = {
        check: DeviceCheck(check)
        for check in EVERY
        if _finds_something(check, alike if ALIKE_BY.get(check) is LABEL_DATES else live, around)
    }
    dates = [dates_of(product) for _, product in alike]
    if sell_bys := [each.sell_by for each in dates if each.sell_by]:
        past = DeviceCheck(Check.SELL_BY_PAST, first=min(sell_bys) + DAY)
        found[Check.SELL_BY_PAST] = past
    if mades := [each.made for each in dates if each.made]:
        future = DeviceCheck(Check.MADE_IN_FUTURE, last=max(mades) - DAY)
        found[Check.MADE_IN_FUTURE] = future
    if renews is not None:
        renewed = [each for each in live if renews(each[1])]
        dates = [dates_of(product) for _, product in _distinct_in(LABEL_DATES, renewed)]
    if right_days := {each.right_on for each in dates}:
        only = right_days.pop() if len(right_days) == 1 else None
        found[Check.DATES_NOT_TODAY] = DeviceCheck(Check.DATES_NOT_TODAY, but=only)
    return [found[check] for check in Check if check in found]


_CHECKS: Final = [(check, SUSPECTED[check], find) for check, find in EVERY.items()]
"""Looked up once, since names of checks are slow to look up by."""


def _live(file: ProductFile) -> list[tuple[int, Product]]:
    live = file.numbers.live
    return [(position, each) for position, each in enumerate(file.products) if live[position]]


def _finds_something(check: Check, live: list[tuple[int, Product]], around: Surroundings) -> bool:
    fields = ALIKE_BY.get(check)
    if fields is not None and fields is not LABEL_DATES:
        live = _distinct_in(fields, live)
    elif check is Check.SHARED_NUMBER:
        return bool(around.shared)
    elif check is Check.LOT_DATE_DIFFERS:
        codes = around.file.numbers.codes
        live = [each for each in live if codes[each[0]] in around.lots]
    find, suspected = EVERY[check], SUSPECTED[check]
    for position, product in live:
        if suspected(product) and find(Place(product, position, around)) is not None:
            return True
    return False


def _distinct_in(
    fields: tuple[str, ...], live: list[tuple[int, Product]]
) -> list[tuple[int, Product]]:
    """Returns one product for each combination of these fields, or all products if a field holds a
    list, which cannot be compared."""
    try:
        if len(fields) == 1:
            field = fields[0]
            return list({each[1].get(field): each for each in live}.values())
        values = itemgetter(*fields)
        try:
            return list({values(each[1]): each for each in live}.values())
        except KeyError:  # some product lacks a field: hardly any does
            return list({tuple(map(each[1].get, fields)): each for each in live}.values())
    except TypeError:
        return live
