"""What is said of labels that a shop should look at: what is wrong, and what to do about it."""

from collections.abc import Callable, Mapping
from typing import Final, cast

from adapters.texts.languages import Language
from adapters.texts.languages import translatable as _
from adapters.texts.products import product_label, product_labels
from domain.json_value import Json
from domain.products.label_checks.checks import Check, Facts

DETAILS: Final[Mapping[Check, Callable[[Facts], str]]] = {
    Check.SELL_BY_PAST: lambda facts: _("The sell-by date {sell_by} has passed."),
    Check.DATES_NOT_TODAY: lambda facts: (
        _("The label has no day of manufacture that can be read; today is {today}.")
        if facts["made"] is None
        else _("The label says made on {made}; its dates are not those of today, {today}.")
    ),
    Check.MADE_IN_FUTURE: lambda facts: _("The label says made on {made}, and today is {today}."),
    Check.HOURS: lambda facts: (
        _(
            "It keeps for {hours} hours, and a label has whole days: at the end of its last day "
            "the goods may be over by up to {hours_over} hours."
        )
        if facts["last_day"] is None
        else _(
            "It keeps for {hours} hours, and a label has whole days: at the end of {last_day} the "
            "goods may be over by up to {hours_over} hours."
        )
    ),
    Check.NO_SHELF_LIFE: lambda facts: (
        _("It has no shelf life and no sell-by date.")
        if facts["sell_by"] is None
        else _("It has no shelf life: the sell-by date stays at {sell_by}, whenever it is made.")
    ),
    Check.UNKNOWN_SHELF_LIFE_TYPE: lambda facts: _(
        "Its shelf life is in “{type}”, which is neither DAYS nor HOURS: the sell-by date stays as "
        "it is."
    ),
    Check.ZERO_PRICE: lambda facts: _("The price is 0."),
    Check.PRICE_NOT_ABOVE_DISCOUNT: lambda facts: _(
        "The price {price} is not above the discount price {discount}."
    ),
    Check.BAD_NAME: lambda facts: (
        _("It has no name.")
        if facts["character"] is None
        else _("The name holds a character that cannot be printed ({character}).")
    ),
    Check.MISSING_MESSAGE: lambda facts: _("The message {number} does not exist on the scale."),
    Check.MISSING_CATEGORY: lambda facts: _("The category {number} does not exist on the scale."),
    Check.MISSING_TEMPLATE: lambda facts: _(
        "The label template {number} does not exist on the scale."
    ),
    Check.LOT_DATE_DIFFERS: lambda facts: (
        _("The lot {lot} is good until {lot_day}, and the label has another sell-by date.")
        if facts["field"] == "sellByDate"
        else _("The lot {lot} was made on {lot_day}, and the label has another day.")
    ),
    Check.BUTTON_OF_ANOTHER: lambda facts: _("The button {button} calls another product: {other}."),
    Check.SHARED_NUMBER: lambda facts: (
        _("It has the code {number} in common with {others}.")
        if facts["kind"] == "code"
        else _("It has the PLU {number} in common with {others}.")
    ),
}
REMEDIES: Final[Mapping[Check, str]] = {
    Check.SELL_BY_PAST: _(
        "Take the goods off the shelf. If they are fresh, have the dates renewed, or correct the "
        "sell-by date."
    ),
    Check.DATES_NOT_TODAY: _(
        "Have the dates renewed. If somebody else makes and dates the product, list it among the "
        "renewal exceptions."
    ),
    Check.MADE_IN_FUTURE: _(
        "Check the date of the scale and its time zone, then have the dates renewed."
    ),
    Check.HOURS: _(
        "Give it a shelf life in whole days, or write the hour until which it is good on the label."
    ),
    Check.NO_SHELF_LIFE: _("Enter the shelf life, or check that the product needs none."),
    Check.UNKNOWN_SHELF_LIFE_TYPE: _("Set the type of the shelf life to DAYS or HOURS."),
    Check.ZERO_PRICE: _("Enter the price."),
    Check.PRICE_NOT_ABOVE_DISCOUNT: _("Correct the price or the discount price."),
    Check.BAD_NAME: _("Enter the name anew."),
    Check.MISSING_MESSAGE: _("Choose a message that exists, or load it to the scale."),
    Check.MISSING_CATEGORY: _("Choose a category that exists, or load it to the scale."),
    Check.MISSING_TEMPLATE: _("Choose a label template that exists, or load it to the scale."),
    Check.LOT_DATE_DIFFERS: _("Correct the lot or the dates, so that both say the same."),
    Check.BUTTON_OF_ANOTHER: _("Give the product another button."),
    Check.SHARED_NUMBER: _("Give one of them another number, at the scale itself."),
}


def detail_of(language: Language, check: Check, facts: Facts) -> str:
    """What is wrong."""
    written: dict[str, object] = dict(facts)
    if other := cast("Json", facts.get("other")):
        written["other"] = product_label(language, other)
        written["others"] = product_labels(language, [other], 1 + cast("int", facts.get("more", 0)))
    return language.phrase(DETAILS[check](facts), **written)


def remedy_of(language: Language, check: Check) -> str:
    """What to do about it."""
    return language.phrase(REMEDIES[check])
