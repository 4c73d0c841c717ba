"""What the demo shows: the main job of the service, step by step over HTTP."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import Any, Final

import click

from adapters.mertech.emulator import EmulatedScales
from domain.dates import write_date
from entrypoints.demo_api import Api, said
from entrypoints.failures import CommandFailedError

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
    ) -> None:
        """`check` raises when something that the demo needs has ended."""
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
        user = {"email": EMAIL, "password": SIGN_IN}
        answer = self._api.call("POST", "/auth/register", user, also=409)
        self._tell("Register a user: POST /auth/register", answer.status, said(answer.body))
        form = {"username": EMAIL, "password": SIGN_IN}
        answer = self._api.call("POST", "/auth/login", form, form=True)
        self._api.token = answer.body["access_token"]
        self._tell("Sign in: POST /auth/login", answer.status, f"{self._api.token[:20]}…")

    def _registered(self, name: str, scales: EmulatedScales) -> int:
        """The device's id. One from an earlier demo is taken over, its auto-update off."""
        place = {"ip": scales.host, "port": scales.port, "password": self._scales_password}
        known = {device["name"]: device["id"] for device in self._api.call("GET", "/devices").body}
        if name in known:
            path = f"/devices/{known[name]}"
            self._api.call("PUT", f"{path}/auto-update", _schedule(on=False))
            answer = self._api.call("PUT", path, place)
            self._tell(f"Take over a scale: PUT {path}", answer.status, said(answer.body))
        else:
            answer = self._api.call("POST", "/devices", {"name": name, **place})
            self._tell("Register a scale: POST /devices", answer.status, said(answer.body))
        device_id: int = answer.body["id"]
        return device_id

    def _edit_first_product(self, device: int) -> tuple[dict[str, Any], float]:
        path = f"/devices/{device}/products"
        began = time.monotonic()
        answer = self._api.call("GET", path)
        products = answer.body["products"]["products"]
        self._tell(
            f"Read its products: GET {path}",
            answer.status,
            f"{len(products)} products in {time.monotonic() - began:.1f} s",
        )
        product = next(one for one in products if one.get("pluNumber") and not one["deleted"])
        price = round(product["price"] + 1, 2)
        path = f"{path}/{product['pluNumber']}"
        answer = self._api.call("PATCH", path, {"fields": {"price": price}})
        self._tell(
            f"Edit one: PATCH {path}",
            answer.status,
            f"{product['name']!r} costs {price} in place of {product['price']}",
        )
        return product, price

    def _upload(self, device: int) -> None:
        path = f"/devices/{device}/upload"
        answer = self._api.call("POST", path)
        self._tell(f"Send the edit to the scale: POST {path}", answer.status, said(answer.body))

    def _renew(self, devices: Sequence[int]) -> None:
        paths = [f"/devices/{device}/auto-update" for device in devices]
        before = []
        for path in paths:
            answer = self._api.call("PUT", path, _schedule(on=True))
            before.append(answer.body["last_run_utc"])
            self._tell(f"Turn auto-update on: PUT {path}", answer.status, said(answer.body))
        give_up = time.monotonic() + LONGEST_RENEWAL
        for path, last in zip(paths, before, strict=True):
            while (answer := self._api.call("GET", path)).body["last_run_utc"] == last:
                self._check()
                if time.monotonic() > give_up:
                    raise CommandFailedError("The scheduler has not renewed any dates.")
                time.sleep(POLL)
            if answer.body["last_status"] != "OK":
                raise CommandFailedError(f"Renewing failed: {answer.body['last_error']}")
            self._tell(f"The scheduler was there: GET {path}", answer.status, said(answer.body))

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
            edit = f", and the price {price}" if place == 0 else ""
            date_held = live[0]["manufactureDate"]
            self._tell(
                f"Look into {NAMES[place]!r} itself",
                None,
                f"it holds today's date ({date_held}) on all {len(live)} products{edit}",
            )

    def _tell(self, what: str, status: int | None, came_back: str) -> None:
        self._step += 1
        status_shown = "" if status is None else f"{status} "
        click.echo(f"{self._step:2}. {what}\n      {status_shown}{came_back}")


def _schedule(*, on: bool) -> dict[str, object]:
    return {"enabled": on, "interval_minutes": INTERVAL}
