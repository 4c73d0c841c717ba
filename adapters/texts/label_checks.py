"""What is said of labels that a shop should look at: what is wrong, and what to do about it."""

from collections.abc import Callable, Mapping
from typing import Final

from adapters.texts.languages import Language
from domain.products.label_check import Check, Facts

DETAILS: Final[Mapping[Check, Callable[[Facts], str]]] = {
    Check.SELL_BY_PAST: lambda _: "The sell-by date {sell_by} has passed.",
    Check.DATES_NOT_TODAY: lambda facts: (
        "The label has no day of manufacture that can be read; today is {today}."
        if facts["made"] is None
        else "The label says made on {made}; its dates are not those of today, {today}."
    ),
    Check.MADE_IN_FUTURE: lambda _: "The label says made on {made}, and today is {today}.",
    Check.HOURS: lambda facts: (
        "It keeps for {hours} hours, and a label has whole days: at the end of its last day the "
        "goods may be over by up to {hours_over} hours."
        if facts["last_day"] is None
        else "It keeps for {hours} hours, and a label has whole days: at the end of {last_day} the "
        "goods may be over by up to {hours_over} hours."
    ),
    Check.NO_SHELF_LIFE: lambda facts: (
        "It has no shelf life and no sell-by date."
        if facts["sell_by"] is None
        else "It has no shelf life: the sell-by date stays at {sell_by}, whenever it is made."
    ),
    Check.UNKNOWN_SHELF_LIFE_TYPE: lambda _: (
        "Its shelf life is in “{type}”, which is neither DAYS nor HOURS: the sell-by date stays as "
        "it is."
    ),
    Check.ZERO_PRICE: lambda _: "The price is 0.",
    Check.PRICE_NOT_ABOVE_DISCOUNT: lambda _: (
        "The price {price} is not above the discount price {discount}."
    ),
    Check.BAD_NAME: lambda facts: (
        "It has no name."
        if facts["character"] is None
        else "The name holds a character that cannot be printed ({character})."
    ),
    Check.MISSING_MESSAGE: lambda _: "The message {number} does not exist on the device.",
    Check.MISSING_CATEGORY: lambda _: "The category {number} does not exist on the device.",
    Check.MISSING_TEMPLATE: lambda _: "The label template {number} does not exist on the device.",
    Check.LOT_DATE_DIFFERS: lambda facts: (
        "The lot {lot} is good until {lot_day}, and the label has another sell-by date."
        if facts["field"] == "sellByDate"
        else "The lot {lot} was made on {lot_day}, and the label has another day."
    ),
    Check.BUTTON_OF_ANOTHER: lambda _: "The button {button} calls another product: {other}.",
    Check.SHARED_NUMBER: lambda facts: (
        ("It has the code {number}" if facts["kind"] == "code" else "It has the PLU {number}")
        + (
            " in common with {other} and {more} others."
            if facts["more"]
            else " in common with {other}."
        )
    ),
}
REMEDIES: Final[Mapping[Check, str]] = {
    Check.SELL_BY_PAST: (
        "Take the goods off the shelf. If they are fresh, have the dates renewed, or correct the "
        "sell-by date."
    ),
    Check.DATES_NOT_TODAY: (
        "Have the dates renewed. If somebody else makes and dates the product, list it among the "
        "renewal exceptions."
    ),
    Check.MADE_IN_FUTURE: (
        "Check the date of the scale and its time zone, then have the dates renewed."
    ),
    Check.HOURS: (
        "Give it a shelf life in whole days, or write the hour until which it is good on the label."
    ),
    Check.NO_SHELF_LIFE: "Enter the shelf life, or check that the product needs none.",
    Check.UNKNOWN_SHELF_LIFE_TYPE: "Set the type of the shelf life to DAYS or HOURS.",
    Check.ZERO_PRICE: "Enter the price.",
    Check.PRICE_NOT_ABOVE_DISCOUNT: "Correct the price or the discount price.",
    Check.BAD_NAME: "Enter the name anew.",
    Check.MISSING_MESSAGE: "Choose a message that exists, or load it to the scale.",
    Check.MISSING_CATEGORY: "Choose a category that exists, or load it to the scale.",
    Check.MISSING_TEMPLATE: "Choose a label template that exists, or load it to the scale.",
    Check.LOT_DATE_DIFFERS: "Correct the lot or the dates, so that both say the same.",
    Check.BUTTON_OF_ANOTHER: "Give the product another button.",
    Check.SHARED_NUMBER: "Give one of them another number, at the scale itself.",
}


def detail_of(check: Check, facts: Facts, language: Language) -> str:
    """What is wrong."""
    return language.phrase(DETAILS[check](facts), **facts)


def remedy_of(check: Check, language: Language) -> str:
    """What to do about it."""
    return language.phrase(REMEDIES[check])
