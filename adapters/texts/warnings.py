"""What clients are warned of, told in a sentence."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias, cast

from adapters.texts.faults import name_of
from adapters.texts.languages import Language
from adapters.texts.products import product_label, product_labels
from domain.json_value import Json
from domain.notices import Notice

Facts: TypeAlias = Mapping[str, Any]


def warnings(language: Language, notices: Sequence[Notice]) -> Json:
    """A sentence for each."""
    return [warning(language, each) for each in notices]


def warning(language: Language, notice: Notice) -> str:
    """What a shop should look at."""
    return WARNINGS[notice.code](language, notice.facts)


def _shared_plu(language: Language, facts: Facts) -> str:
    return language.phrase(
        "{products} share the PLU {number}: they cannot be edited until this is corrected on the "
        "scale, or the edit that did it is discarded.",
        products=product_labels(language, facts["products"], facts["total"]),
        number=facts["number"],
    )


def _shared_code(language: Language, facts: Facts) -> str:
    return language.phrase(
        "{products} share the code {number}: they cannot be edited until this is corrected on the "
        "scale, or the edit that did it is discarded.",
        products=product_labels(language, facts["products"], facts["total"]),
        number=facts["number"],
    )


def _more_shared_numbers(language: Language, facts: Facts) -> str:
    return language.plural(
        "{number} further PLU or code on this scale is shared by two or more products, which "
        "cannot be edited either.",
        "{number} further PLUs or codes on this scale are shared by two or more products, which "
        "cannot be edited either.",
        facts["number"],
    )


def _unknown_shelf_life_types(language: Language, facts: Facts) -> str:
    def unit(product: Facts) -> str:
        return language.phrase("“{type}”", type=product["type"])

    return language.phrase(
        "The shelf life is neither in DAYS nor in HOURS ({products}): the sell-by date stays as it "
        "is when dates are renewed. Correct the type of the shelf life.",
        products=_listed(language, facts, unit),
    )


def _changed_by_others(language: Language, facts: Facts) -> str:
    def fields(product: Facts) -> str:
        return ", ".join(name_of(language, field) for field in product["fields"])

    return language.phrase(
        "Since the scale was last talked to, somebody else changed products on it. {products}.",
        products=_listed(language, facts, fields),
    )


def _replaced(language: Language, facts: Facts) -> str:
    return language.phrase(
        "The scale lacked {missing} of the {total} products that were read from it before: it "
        "seems to have been replaced or wiped. The former products are kept among its former "
        "files.",
        **facts,
    )


def _refused_together(language: Language, facts: Facts) -> str:
    return language.phrase(
        "The scale refused the products together, and took them in parts: no single product is at "
        "fault."
    )


def _shared_address(language: Language, facts: Facts) -> str:
    return language.phrase(
        "Another of your scales has the same address and port, so that both are one scale. It is "
        "never talked to for both at once, and what you edit on either is sent to it."
    )


WARNINGS: Final[Mapping[str, Callable[[Language, Facts], str]]] = {
    "shared_plu": _shared_plu,
    "shared_code": _shared_code,
    "more_shared_numbers": _more_shared_numbers,
    "unknown_shelf_life_types": _unknown_shelf_life_types,
    "changed_by_others": _changed_by_others,
    "replaced": _replaced,
    "refused_together": _refused_together,
    "shared_address": _shared_address,
}
"""By code."""


def _listed(language: Language, facts: Facts, about: Callable[[Facts], str]) -> str:
    """The first products, each with something about it, and how many more there are."""
    products = cast("Sequence[dict[str, Json]]", facts["products"])
    texts = [
        language.phrase(
            "{product}: {about}", product=product_label(language, each), about=about(each)
        )
        for each in products
    ]
    if (more := facts["total"] - len(products)) > 0:
        texts.append(language.plural("{number} more product", "{number} more products", more))
    return "; ".join(texts)
