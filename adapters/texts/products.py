"""How products are named to people."""

from collections.abc import Mapping, Sequence
from typing import cast

from adapters.texts.languages import Language
from domain.json_value import Json

NOT_GIVEN = "–"


def product_label(language: Language, product: Json) -> str:
    """Such as “Bagel” (code 50, PLU 607), of a product's name, code and PLU."""
    known = cast("Mapping[str, Json]", product)
    code, plu = known["code"], known["plu"]
    return language.phrase(
        "“{name}” (code {code}, PLU {plu})",
        name=known["name"],
        code=NOT_GIVEN if code is None else code,
        plu=NOT_GIVEN if plu is None else plu,
    )


def product_labels(language: Language, products: Json, total: int) -> str:
    """The labels of some products out of so many, and how many others there are."""
    texts = [product_label(language, each) for each in cast("Sequence[Json]", products)]
    if (others := total - len(texts)) > 0:
        texts.append(language.plural("{number} other", "{number} others", others))
    return language.enumerated(texts)
