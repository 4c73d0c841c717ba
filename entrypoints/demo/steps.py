"""What the demo shows: the main job of the service, step by step over HTTP."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import Any, Final

import click

from adapters.mertech.emulator import EmulatedScales
from adapters.texts.languages import Language
from domain.products.label_dates import read_date, write_date
from entrypoints.demo.api import Answer, Api, reason_in
from entrypoints.process.failures import CommandFailedError

EMAIL: Final = "demo@example.com"
SIGN_IN: Final = "let-me-try-it"
"""Good enough for a service that only this machine reaches."""
NAMES: Final = ("Bakery counter", "Pastry counter")
INTERVAL: Final = 720
"""Minutes between renewals."""
POLL: Final = 0.2
LONGEST_RENEWAL: Final = 90.0
"""Seconds."""


class Demo:
    """Works with the given scales, whether or not a demo before this one has."""

    def __init__(
        self,
        api: Api,
        scales: Sequence[EmulatedScales],
        scales_password: str,
        check: Callable[[], None],
        language: Language,
    ) -> None:
        """`check` raises when something that the demo needs has ended."""
        self._language = language
        self._api = api
        self._scales = scales
        self._scales_password = scales_password
        self._check = check
        self._step = 0

    def run(self) -> None:
        """Raises CommandFailedError when an answer or a scale is not as it should be."""
        self._sign_in()
        devices = [self._registered(*each) for each in zip(NAMES, self._scales, strict=True)]
        product, price = self._edit_first_product(devices[0])
        self._upload(devices[0])
        began = datetime.now(UTC).date()
        self._renew(devices)
        self._look_at_scales(product, price, began)

    def _sign_in(self) -> None:
        phrase = self._language.phrase
        user = {"email": EMAIL, "password": SIGN_IN}
        answer = self._api.call("POST", "/auth/register", user, also=409)
        self._show(phrase("A user registers."), "POST /auth/register", answer)
        form = {"username": EMAIL, "password": SIGN_IN}
        answer = self._api.call("POST", "/auth/login", form, form=True)
        self._api.token = answer.body["access_token"]
        # A token is a secret, and a terminal keeps what it has shown.
        shown = answer._replace(body={"access_token": "…"})
        self._show(phrase("The user signs in."), "POST /auth/login", shown)

    def _registered(self, name: str, scales: EmulatedScales) -> int:
        """The device's id. One from an earlier demo is taken over, its auto-update off."""
        phrase = self._language.phrase
        place = {"ip": scales.host, "port": scales.port, "password": self._scales_password}
        known = {device["name"]: device["id"] for device in self._api.call("GET", "/devices").body}
        if name in known:
            path = f"/devices/{known[name]}"
            self._api.call("PUT", f"{path}/auto-update", _schedule(on=False))
            answer = self._api.call("PUT", path, place)
            text = phrase("The scale “{name}” is there from the demo before.", name=name)
            self._show(text, f"PUT {path}", answer)
        else:
            answer = self._api.call("POST", "/devices", {"name": name, **place})
            self._show(
                phrase("The scale “{name}” is registered.", name=name), "POST /devices", answer
            )
        device_id: int = answer.body["id"]
        return device_id

    def _edit_first_product(self, device: int) -> tuple[dict[str, Any], float]:
        path = f"/devices/{device}/products"
        began = time.monotonic()
        answer = self._api.call("GET", path)
        products = answer.body["products"]["products"]
        seconds = round(time.monotonic() - began, 1)
        self._show(
            self._language.plural(
                "{number} product is read from it, in {seconds} s.",
                "{number} products are read from it, in {seconds} s.",
                len(products),
                seconds=seconds,
            ),
            f"GET {path}",
            answer,
        )
        product = next(one for one in products if one.get("pluNumber") and not one["deleted"])
        price = round(product["price"] + 1, 2)
        path = f"{path}/{product['pluNumber']}"
        answer = self._api.call("PATCH", path, {"fields": {"price": price}})
        self._show(
            self._language.phrase(
                "“{product}” is to cost {price} in place of {before}. The edit waits.",
                product=product["name"],
                price=price,
                before=product["price"],
            ),
            f"PATCH {path}",
            answer,
        )
        return product, price

    def _upload(self, device: int) -> None:
        path = f"/devices/{device}/upload"
        answer = self._api.call("POST", path)
        self._show(self._language.phrase("The edit is sent to the scale."), f"POST {path}", answer)

    def _renew(self, devices: Sequence[int]) -> None:
        paths = [f"/devices/{device}/auto-update" for device in devices]
        before = []
        for name, path in zip(NAMES, paths, strict=True):
            answer = self._api.call("PUT", path, _schedule(on=True))
            before.append(answer.body["last_run_utc"])
            text = self._language.phrase(
                "From now on, the dates on “{name}” are renewed by themselves.", name=name
            )
            self._show(text, f"PUT {path}", answer)
        give_up = time.monotonic() + LONGEST_RENEWAL
        for name, path, last in zip(NAMES, paths, before, strict=True):
            while (answer := self._api.call("GET", path)).body["last_run_utc"] == last:
                self._check()
                if time.monotonic() > give_up:
                    raise CommandFailedError("The scheduler has not renewed any dates.")
                time.sleep(POLL)
            if answer.body["last_status"] != "OK":
                raise CommandFailedError(f"Renewing failed: {answer.body['last_error']}")
            text = self._language.phrase("The scheduler has renewed those on “{name}”.", name=name)
            self._show(text, f"GET {path}", answer)

    def _look_at_scales(self, product: dict[str, Any], price: float, began: date) -> None:
        """What they hold in truth, whatever the service says. Midnight may have passed since the
        renewals began."""
        today = {write_date(began), write_date(datetime.now(UTC).date())}
        for place, scales in enumerate(self._scales):
            held = (scales.document or {}).get("products", [])
            live = [one for one in held if not one.get("deleted")]
            late = [one["name"] for one in live if one.get("manufactureDate") not in today]
            if late or not live:
                raise CommandFailedError(f"{NAMES[place]} lacks today's dates: {late[:3]}")
            if place == 0 and not any(
                one["code"] == product["code"] and one["price"] == price for one in live
            ):
                raise CommandFailedError(f"{NAMES[place]} does not hold the edit.")
            facts: dict[str, Any] = {
                "name": NAMES[place],
                "date": read_date(live[0]["manufactureDate"]),
            }
            self._say(
                self._language.plural(
                    "“{name}” itself holds {number} product with the date {date}.",
                    "“{name}” itself holds {number} products with the date {date}.",
                    len(live),
                    **facts,
                )
            )
            if place == 0:
                self._say(
                    self._language.phrase(
                        "“{name}” itself holds the price {price}.", **facts, price=price
                    )
                )

    def _show(self, text: str, call: str, answer: Answer) -> None:
        """What happened, and small behind it the call that did it."""
        self._say(text)
        click.secho(f"      {call}: {answer.status} {reason_in(answer.body)}", dim=True)

    def _say(self, text: str) -> None:
        self._step += 1
        click.echo(f"{self._step:2}. {text}")


def _schedule(*, on: bool) -> dict[str, object]:
    return {"enabled": on, "interval_minutes": INTERVAL}
