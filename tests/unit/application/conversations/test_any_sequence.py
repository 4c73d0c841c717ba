"""Whatever users, devices, lines and crashes do in whatever order, the promises hold.

A model remembers what the user wants of each field and compares after every step.
"""

from datetime import timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from adapters.mertech.emulator import Fault
from application.devices.registration import DeviceChanges
from application.ports.scales import ScalesError
from domain.errors import (
    AddressChangedError,
    DeviceReplacedError,
    DomainError,
    UnknownProductError,
)
from domain.products.edit import DATE_FIELDS
from domain.products.product import Product, is_live
from domain.products.refused import ProductsAtFaultError
from domain.runs.batch import UploadOf
from domain.runs.run import Outcome
from tests.harness.flat_cases import Shop
from tests.harness.installation import HERE, THERE
from tests.harness.products import muffin

CODES = (50, 51, 52, 53, 54)
SECTIONS = {"messages": [{"id": 1, "value": "Мука", "deleted": False}], "odd": [None, 2**80]}
VALUES = {
    "price": st.integers(1, 5).map(float),
    "name": st.sampled_from(["Кекс", "Маффин", "Пончик"]),
    "gtin": st.sampled_from([None, "04600000000000", ["a"]]),
}
LOST = {Fault.LOST_CHECK_REPLY, Fault.CHECK_NEVER_ENDS, Fault.RESET_AFTER_LAST_PORTION}
FAULTS = (
    *LOST,
    Fault.REFUSE_UPLOADS,
    Fault.RESET_IN_UPLOAD,
    Fault.REFUSE_CONNECTIONS,
    Fault.SILENT,
)
fields = st.sampled_from(sorted(VALUES)).flatmap(
    lambda field: st.tuples(st.just(field), VALUES[field])
)
codes = st.sampled_from(CODES)


class CrashError(BaseException):
    """Ends a conversation as kill -9 would: nothing that tidies up sees it."""


class AnySequence(RuleBasedStateMachine):
    """Drives one device; `wanted` holds what the user set and no upload is known to have sent."""

    @initialize()
    def open_shop(self) -> None:
        self.shop = Shop(find_faults=False)
        self.shop.device.document = {
            **SECTIONS,
            "products": [muffin(code=code, pluNumber=code, secret=[code]) for code in CODES],
        }
        self.shop.read()
        self.wanted: dict[tuple[int, str], Any] = {}
        self.maybe_sent: set[tuple[int, str]] = set()
        self.unknown = False
        self.moved = False

    # What users do

    @rule(code=codes, change=fields)
    def edit(self, code: int, change: tuple[str, Any]) -> None:
        field, value = change
        try:
            self.shop.edit(code, **{field: value})
        except UnknownProductError:
            assert code not in self.live(self.shop.catalogue.file.products)
        else:
            self.wants(code, field, value)

    def wants(self, code: int, field: str, value: Any) -> None:
        """What is set back to the file's value is wanted no more, unless it may have been sent."""
        [file] = [
            product
            for product in self.shop.catalogue.file.products
            if product["code"] == code and is_live(product)
        ]
        if file.get(field) == value and (code, field) not in self.maybe_sent:
            self.wanted.pop((code, field), None)
        else:
            self.wanted[code, field] = value

    @rule()
    def read(self) -> None:
        before = self.shop.device.document
        if self.succeeds(self.shop.read):
            self.unknown = self.moved = False
            self.settle()
        assert self.shop.device.document == before, "reading changes nothing on the device"

    @rule(what=st.sampled_from(UploadOf))
    def upload(self, what: UploadOf) -> None:
        held = self.shop.held
        shown = {product["code"]: product for product in self.shop.catalogue.shown.products}
        try:
            self.shop.cases.upload_products(self.shop.anna, self.shop.id, what)
        except AddressChangedError:
            assert self.moved
            assert self.shop.held == held
        except DeviceReplacedError:
            assert what is not UploadOf.CACHE
            assert self.shop.held == held
        except (ScalesError, ProductsAtFaultError):
            if self.shop.run.outcome is Outcome.UNKNOWN:
                self.unknown = True
                self.maybe_sent.update(self.wanted)
            else:
                assert self.shop.held == held
        else:
            assert not self.moved
            self.unknown = False
            self.sent(shown)
            self.settle()

    def settle(self) -> None:
        """What the device holds already is wanted no more."""
        held = self.live(self.shop.held)
        self.maybe_sent.clear()
        for (code, field), value in list(self.wanted.items()):
            if code in held and held[code].get(field, self) == value:
                del self.wanted[code, field]

    def sent(self, shown: dict[Any, Product]) -> None:
        """The device holds what the user wanted of every product that it has."""
        held = self.live(self.shop.held)
        for code, field in list(self.wanted):
            if code in held:
                assert held[code][field] == self.wanted[code, field] == shown[code][field]
                del self.wanted[code, field]

    @rule()
    def discard(self) -> None:
        self.shop.cases.discard_edits(self.shop.anna, self.shop.id)
        file = self.live(self.shop.catalogue.file.products)
        for code, field in list(self.wanted):
            # What the device may have taken is to be set back to what the file says.
            if (code, field) in self.maybe_sent and code in file and field in file[code]:
                self.wanted[code, field] = file[code][field]
            else:
                del self.wanted[code, field]

    @rule()
    def renew(self) -> None:
        before, was_unknown = self.shop.held, self.unknown
        self.shop.renew()
        outcome = self.shop.run.outcome
        assert self.undated(self.shop.held) == self.undated(before), "only dates change"
        if outcome in (Outcome.OK, Outcome.NOTHING_TO_DO):
            today = {
                self.shop.held[at]["manufactureDate"]
                for at, each in enumerate(before)
                if is_live(each)
            }
            assert len(today) <= 1
            # Another device's file is not taken for this one's.
            self.unknown = was_unknown and self.shop.unverified
            if not self.unknown:
                self.settle()
            self.moved = (
                self.moved
                and self.shop.catalogue.moves
                != self.shop.cases.show_device(self.shop.anna, self.shop.id).device.moves
            )
        else:
            self.unknown = self.unknown or outcome is Outcome.UNKNOWN

    @rule()
    def move(self) -> None:
        """The device gets another address and is plugged in there."""
        address = THERE if HERE in self.shop.scales.devices else HERE
        self.shop.scales.devices = {address: self.shop.device}
        self.shop.cases.change_device(
            self.shop.anna, self.shop.id, DeviceChanges(host=address.host)
        )
        self.moved = True

    # What devices and lines do

    @rule(code=codes, price=st.integers(6, 9))
    def change_at_the_device(self, code: int, price: int) -> None:
        self.put(
            [
                {**product, "price": float(price)} if product["code"] == code else product
                for product in self.shop.held
            ]
        )

    @rule(code=codes)
    def delete_at_the_device(self, code: int) -> None:
        self.put([product for product in self.shop.held if product["code"] != code])

    @rule(code=codes)
    def add_at_the_device(self, code: int) -> None:
        if code not in {product["code"] for product in self.shop.held}:
            self.put([*self.shop.held, muffin(code=code, pluNumber=code, secret=[code])])

    @rule(fault=st.none() | st.sampled_from(FAULTS))
    def misbehave(self, fault: Fault | None) -> None:
        self.shop.device.fault = fault

    @rule(seconds=st.sampled_from([1, 60, 90_000]))
    def wait(self, seconds: int) -> None:
        self.shop.clock.sleep(seconds)

    @precondition(lambda self: self.shop.device.fault is None)
    @rule(stage=st.sampled_from(["reading", "sending", "taken"]), renewing=st.booleans())
    def crash(self, stage: str, renewing: bool) -> None:
        def die() -> None:
            raise CrashError

        self.shop.when(stage, die)
        try:
            if renewing:
                self.shop.renew()
            else:
                self.shop.cases.upload_products(self.shop.anna, self.shop.id)
        except CrashError:
            if stage != "reading":
                self.unknown = True
                self.maybe_sent.update(() if renewing else self.wanted)
        except DomainError:
            pass
        finally:
            self.shop.when("never", lambda: None)
            self.shop.clock.sleep(16)
        self.after_any_run()

    @rule(code=codes, change=fields)
    def edit_during_an_upload(self, code: int, change: tuple[str, Any]) -> None:
        wanted, before = dict(self.wanted), self.shop.run.id
        edited: list[tuple[int, str]] = []

        def edit_once() -> None:
            if not edited:
                edited.append((code, change[0]))
                held = self.live(self.shop.held)
                self.maybe_sent.update(key for key in wanted if key[0] in held)
                self.edit(code, change)

        self.shop.when("taken", edit_once)
        try:
            self.shop.cases.upload_products(self.shop.anna, self.shop.id)
        except (ScalesError, DomainError):
            if self.shop.run.id != before:
                if self.shop.run.outcome is Outcome.UNKNOWN:
                    self.unknown = True
                    self.maybe_sent.update(wanted)
                elif not self.unknown:
                    self.settle_refused()
        else:
            self.unknown = False
            held = self.live(self.shop.held)
            for key, value in wanted.items():
                if key[0] in held and key not in edited:
                    assert held[key[0]][key[1]] == value
            self.settle()
        finally:
            self.shop.when("never", lambda: None)

    def settle_refused(self) -> None:
        """The device took nothing: what equals the file is wanted no more."""
        file = self.live(self.shop.catalogue.file.products)
        self.maybe_sent.clear()
        for (code, field), value in list(self.wanted.items()):
            if code in file and file[code].get(field, self) == value:
                del self.wanted[code, field]

    def after_any_run(self) -> None:
        """A run that ended well in spite of all has read the device."""
        if self.shop.run.outcome in (Outcome.OK, Outcome.NOTHING_TO_DO):
            self.unknown = self.shop.unverified
            self.moved = self.is_moved()
            if not self.unknown:
                self.settle()

    # What always holds

    @invariant()
    def no_edit_is_lost(self) -> None:
        """Rule 1: what the user set is shown, or listed where its product is gone."""
        catalogue = self.shop.catalogue
        shown = self.live(catalogue.shown.products)
        listed = {(edit.product.number, edit.field): edit.after for edit in catalogue.edits}
        for (code, field), value in self.wanted.items():
            if code in shown:
                assert shown[code].get(field) == value, (code, field, value)
            else:
                assert listed[code, field] == value, (code, field, value)

    @invariant()
    def unknown_is_told(self) -> None:
        """Rule 5."""
        assert self.shop.unverified is self.unknown

    @invariant()
    def everything_ends(self) -> None:
        """Rules 2 and 3: no lease and no line is left."""
        with self.shop.storage.transaction() as tx:
            lease = tx.leases.take(self.shop.id, timedelta(seconds=1))
            assert lease is not None
            tx.leases.release(lease)
        assert self.shop.device.open == 0

    @invariant()
    def what_is_not_known_survives(self) -> None:
        """Rule 7."""
        document = self.shop.device.document
        assert document is not None
        assert {name: document[name] for name in SECTIONS} == SECTIONS
        assert all(product["secret"] == [product["code"]] for product in self.shop.held)

    # Looking

    def live(self, products: list[Product]) -> dict[Any, Product]:
        return {product["code"]: product for product in products if is_live(product)}

    def undated(self, products: list[Product]) -> list[Product]:
        return [
            {field: value for field, value in product.items() if field not in DATE_FIELDS}
            for product in products
        ]

    def put(self, products: list[Product]) -> None:
        self.shop.device.document = {**SECTIONS, "products": products}

    def is_moved(self) -> bool:
        device = self.shop.cases.show_device(self.shop.anna, self.shop.id).device
        return self.shop.catalogue.moves != device.moves

    def succeeds(self, act: Any) -> bool:
        try:
            act()
        except ScalesError:
            return False
        return True


TestAnySequence = AnySequence.TestCase
TestAnySequence.settings = settings(max_examples=40, stateful_step_count=20, deadline=None)
