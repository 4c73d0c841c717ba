"""What an emulated device takes in, and what it refuses with which words."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from adapters.mertech.emulator import EmulatedScales, Fleet, running_scales
from tests.harness.products import muffin
from tests.integration.emulator.wire import AT_ONCE, UPLOAD, Wire, announcement, file_bytes, portion

HELD: dict[str, Any] = {
    "categories": [{"idCategory": 1, "name": "Хлеб"}, {"idCategory": 2, "name": "Торты"}],
    "messages": [{"id": 1, "value": "Состав: мука", "deleted": False}],
    "firmwareExtra": {"keep": ["me", 1]},
    "products": [
        muffin(code=50, pluNumber=607),
        muffin(code=51, pluNumber=608, name="Батон"),
        {**muffin(pluNumber=609, name="Без кода"), "id": 3} | {"unknown": "stays"},
    ],
}
del HELD["products"][2]["code"]
UPLOADED = file_bytes({"products": [muffin()]})


@pytest.fixture
def fleet() -> Iterator[Fleet]:
    with running_scales(products=1, pace=AT_ONCE) as fleet:
        fleet[0].document = HELD
        yield fleet


@pytest.fixture
def device(fleet: Fleet) -> EmulatedScales:
    return fleet[0]


@pytest.fixture
def wire(device: EmulatedScales) -> Iterator[Wire]:
    with Wire(device.port) as wire:
        yield wire


def send(wire: Wire, *products: Any, clear: bool = False, **sections: Any) -> tuple[int, str]:
    return wire.upload(file_bytes({"products": list(products)} | sections), clear=clear)


def test_clearing_leaves_what_was_uploaded(wire: Wire, device: EmulatedScales) -> None:
    assert send(wire, muffin(price=80.0), clear=True) == (0, "")
    assert device.document == {"products": [muffin(price=80.0)]}


def test_keeping_replaces_by_code_and_appends_what_is_new(
    wire: Wire, device: EmulatedScales
) -> None:
    renamed, new = muffin(name="Маффин\nс маком"), muffin(code=90, pluNumber=90)
    assert send(wire, new, renamed) == (0, "")
    assert device.document == HELD | {"products": [renamed, *HELD["products"][1:], new]}


def test_a_product_without_code_is_replaced_by_its_plu(wire: Wire, device: EmulatedScales) -> None:
    dearer = HELD["products"][2] | {"price": 99.9}
    assert send(wire, dearer) == (0, "")
    assert device.document == HELD | {"products": [*HELD["products"][:2], dearer]}


def test_codes_that_are_written_as_text_are_the_same_codes(
    wire: Wire, device: EmulatedScales
) -> None:
    text = muffin(code="50", pluNumber="607", price="24.000000", deleted="false", shelfLife="7")
    assert send(wire, text) == (0, "")
    assert device.document == HELD | {"products": [text, *HELD["products"][1:]]}


def test_rows_of_other_sections_are_replaced_by_their_id(
    wire: Wire, device: EmulatedScales
) -> None:
    categories = [{"idCategory": 2, "name": "Торты и пирожные"}, {"idCategory": 3, "name": "Чай"}]
    assert send(wire, categories=categories) == (0, "")
    assert device.document == HELD | {"categories": [HELD["categories"][0], *categories]}


def test_a_section_without_ids_is_replaced_whole(wire: Wire, device: EmulatedScales) -> None:
    assert send(wire, firmwareExtra={"new": True}) == (0, "")
    assert device.document == HELD | {"firmwareExtra": {"new": True}}


@pytest.mark.parametrize("order", ["big", "little"])
def test_the_size_may_be_of_either_endianness(wire: Wire, order: Any) -> None:
    size = len(UPLOADED).to_bytes(8, order)
    assert wire.result(UPLOAD, announcement(UPLOADED, size=size)) == 0
    wire.send_portions(UPLOADED)
    assert wire.check() == (0, "")


def test_a_file_of_no_bytes_is_124_and_one_of_a_gigabyte_finds_the_disk_full(wire: Wire) -> None:
    assert wire.result(UPLOAD, announcement(b"", size=bytes(8))) == 124
    assert wire.result(UPLOAD, announcement(b"", size=(10**9).to_bytes(8, "little"))) == 203


def test_a_portion_or_check_before_its_time_is_188(wire: Wire) -> None:
    assert wire.result(UPLOAD, portion(UPLOADED)) == 188
    assert wire.result(UPLOAD, b"\x09") == 188
    assert wire.result(UPLOAD, announcement(UPLOADED)) == 0
    assert wire.result(UPLOAD, b"\x09") == 188
    wire.send_portions(UPLOADED)
    assert wire.result(UPLOAD, portion(UPLOADED)) == 188


@pytest.mark.parametrize(
    "wrong",
    [
        portion(UPLOADED, offset=1),
        portion(UPLOADED, last=0),
        portion(UPLOADED, last=2),
        portion(UPLOADED, size=len(UPLOADED) - 1),
        portion(UPLOADED, size=len(UPLOADED) + 1),
        portion(UPLOADED + b" "),
        portion(UPLOADED[:-1]),
        portion(b"", last=0),
        portion(b"", last=0)[:-1],
        portion(b" " * 60_001, last=0),
    ],
)
def test_a_wrong_portion_is_124_and_the_right_one_still_goes(wire: Wire, wrong: bytes) -> None:
    assert wire.result(UPLOAD, announcement(UPLOADED)) == 0
    assert wire.result(UPLOAD, wrong) == 124
    wire.send_portions(UPLOADED)
    assert wire.check() == (0, "")


def test_a_portion_of_over_60000_bytes_is_124_also_where_it_would_fit(wire: Wire) -> None:
    data = file_bytes({"products": [], "filling": "." * 100_000})
    assert wire.result(UPLOAD, announcement(data)) == 0
    assert wire.result(UPLOAD, portion(data[:60_001], last=0)) == 124
    assert wire.result(UPLOAD, portion(data[:60_000], last=0)) == 0
    assert wire.result(UPLOAD, portion(data[:60_000], last=0)) == 124


def test_a_wrong_sum_is_refused(wire: Wire, device: EmulatedScales) -> None:
    assert wire.result(UPLOAD, announcement(UPLOADED.replace(b"76.0", b"77.0"))) == 0
    wire.send_portions(UPLOADED)
    assert wire.check() == (2, "Контрольная сумма файла не совпадает")
    assert device.document == HELD


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"pluNumber": -1}, "Товар 50 (ПЛУ -1): неверный номер ПЛУ"),
        ({"pluNumber": 1_000_000}, "Товар 50 (ПЛУ 1000000): неверный номер ПЛУ"),
        ({"pluNumber": "0x1"}, "Товар 50 (ПЛУ 0x1): неверный номер ПЛУ"),
        ({"code": 0}, "Товар 0 (ПЛУ 607): неверный код товара"),
        ({"code": 10_000_000}, "Товар 10000000 (ПЛУ 607): неверный код товара"),
        ({"code": True}, "Товар True (ПЛУ 607): неверный код товара"),
        ({"code": "5O"}, "Товар 5O (ПЛУ 607): неверный код товара"),
        ({"price": -0.01}, "Товар 50 (ПЛУ 607): неверная цена"),
        ({"price": 76.005}, "Товар 50 (ПЛУ 607): неверная цена"),
        ({"price": 1e308}, "Товар 50 (ПЛУ 607): неверная цена"),
        ({"price": 1_000_000}, "Товар 50 (ПЛУ 607): неверная цена"),
        ({"price": "1000000.00"}, "Товар 50 (ПЛУ 607): неверная цена"),
        ({"discountPrice": 1_000_000}, "Товар 50 (ПЛУ 607): неверная цена со скидкой"),
        ({"message": 0}, "Товар 50 (ПЛУ 607): неверный номер сообщения"),
        ({"message": 10_000_000}, "Товар 50 (ПЛУ 607): неверный номер сообщения"),
        ({"category": 65_536}, "Товар 50 (ПЛУ 607): неверная категория"),
        ({"buttonNumber": "a"}, "Товар 50 (ПЛУ 607): неверный номер кнопки"),
        ({"name": ""}, "Товар 50 (ПЛУ 607): неверное наименование"),
        ({"name": "Маффин\t"}, "Товар 50 (ПЛУ 607): неверное наименование"),
        ({"name": "Маф\0фин"}, "Товар 50 (ПЛУ 607): неверное наименование"),
        ({"price": "24.001000"}, "Товар 50 (ПЛУ 607): неверная цена"),
        ({"price": "дорого"}, "Товар 50 (ПЛУ 607): неверная цена"),
        ({"price": False}, "Товар 50 (ПЛУ 607): неверная цена"),
        ({"manufactureDate": "2025-07-23"}, "Товар 50 (ПЛУ 607): неверная дата изготовления"),
        ({"manufactureDate": "31-06-25"}, "Товар 50 (ПЛУ 607): неверная дата изготовления"),
        ({"sellByDate": "1-7-25"}, "Товар 50 (ПЛУ 607): неверная дата реализации"),
        ({"productType": "BOX"}, "Товар 50 (ПЛУ 607): неверный тип товара"),
        ({"shelfLifeType": "WEEKS"}, "Товар 50 (ПЛУ 607): неверный тип срока годности"),
        ({"shelfLife": 10_000}, "Товар 50 (ПЛУ 607): неверный срок годности"),
        ({"shelfLife": 1.5}, "Товар 50 (ПЛУ 607): неверный срок годности"),
        ({"tare": -1}, "Товар 50 (ПЛУ 607): неверная тара"),
        ({"pieceWeight": "-0.1"}, "Товар 50 (ПЛУ 607): неверный вес штуки"),
        ({"name": "м" * 256}, "Товар 50 (ПЛУ 607): неверное наименование"),
        ({"name": 5}, "Товар 50 (ПЛУ 607): неверное наименование"),
        ({"deleted": 1}, "Товар 50 (ПЛУ 607): неверный признак удаления"),
    ],
)
def test_a_bad_product_is_named_and_nothing_changes(
    wire: Wire, device: EmulatedScales, fields: dict[str, Any], reason: str
) -> None:
    good = muffin(code=90, pluNumber=90)
    assert send(wire, good, muffin(**fields)) == (2, reason)
    assert device.document == HELD
    assert device.counters.uploads_refused == 1
    assert send(wire, good) == (0, "")


@pytest.mark.parametrize(
    "fields",
    [
        {"price": 0},
        {"price": 10},
        {"price": 76.1},
        {"price": "24.100000"},
        {"price": "0"},
        {"price": 999_999.99},
        {"price": "999999.990000"},
        {"message": "7", "category": 65_535, "buttonNumber": 0},
        {"pluNumber": 0},
        {"pluNumber": "0"},
        {"pluNumber": ""},
        {"pluNumber": None},
        {"manufactureDate": "", "sellByDate": ""},
        {"sellByDate": "29-02-28"},
        {"name": "м" * 255},
        {"name": "Пирожок\nс капустой"},
        {"shelfLife": 9999, "shelfLifeType": "HOURS"},
        {"code": 9_999_999},
        {"pluNumber": 999_999},
        {"deleted": True},
        {"fieldOfNewerFirmware": {"any": [None]}},
    ],
)
def test_a_good_product_is_taken_as_it_is(
    wire: Wire, device: EmulatedScales, fields: dict[str, Any]
) -> None:
    assert send(wire, muffin(**fields), clear=True) == (0, "")
    assert device.document == {"products": [muffin(**fields)]}


def test_a_product_needs_a_code_or_plu_a_name_a_price_and_a_type(wire: Wire) -> None:
    bare = muffin()
    del bare["code"], bare["pluNumber"]
    assert send(wire, bare) == (2, "Запись 1 в списке товаров: нет кода товара")
    for field in ("name", "price", "productType"):
        lacking = muffin()
        del lacking[field]
        assert send(wire, lacking) == (2, f"Товар 50 (ПЛУ 607): нет поля {field}")


@pytest.mark.parametrize("none", [0, "0", "", None])
def test_products_without_plu_do_not_clash(wire: Wire, none: Any) -> None:
    assert send(wire, *(muffin(code=code, pluNumber=none) for code in (90, 91))) == (0, "")
    reason = "Запись 1 в списке товаров: нет кода товара"
    assert send(wire, {"pluNumber": none, "name": "?"}) == (2, reason)
    assert send(wire, muffin(code=90, pluNumber=none, tare=-1)) == (2, "Товар 90: неверная тара")


@pytest.mark.parametrize(
    "odd", [{"name": ""}, {"shelfLifeType": "hours"}, {"price": 1e9}, {"message": 0}]
)
def test_a_bad_value_that_the_device_holds_already_goes_back_as_it_came(
    wire: Wire, device: EmulatedScales, odd: dict[str, Any]
) -> None:
    device.document = {"products": [muffin(**odd)]}
    renewed = muffin(**odd, manufactureDate="24-07-25")
    assert send(wire, renewed) == (0, "")
    assert device.document == {"products": [renewed]}
    assert send(wire, muffin(code=90, pluNumber=90, **odd))[0] == 2


def test_a_product_without_plu_is_taken_and_named_by_its_code(wire: Wire) -> None:
    unnumbered = muffin(code=90)
    del unnumbered["pluNumber"]
    assert send(wire, unnumbered) == (0, "")
    assert send(wire, unnumbered | {"tare": -1}) == (2, "Товар 90: неверная тара")


def test_a_plu_that_another_live_product_has_is_refused(wire: Wire, device: EmulatedScales) -> None:
    taken = muffin(code=90, pluNumber=608)
    assert send(wire, taken) == (2, "Товар 51 (ПЛУ 608): номер ПЛУ уже занят")
    assert device.document == HELD
    assert send(wire, taken | {"deleted": True}) == (0, "")


def test_two_products_may_exchange_their_plus(wire: Wire) -> None:
    assert send(wire, muffin(code=50, pluNumber=608), muffin(code=51, pluNumber=607))[0] == 0


def test_one_code_twice_is_refused(wire: Wire) -> None:
    twice = muffin(code=90, pluNumber=90), muffin(code=90, pluNumber=91)
    assert send(wire, *twice) == (2, "Товар 90 (ПЛУ 90): код товара повторяется")


def test_doubles_that_the_device_holds_already_go_back_as_they_came(
    wire: Wire, device: EmulatedScales
) -> None:
    doubles = [
        muffin(name="раз"),
        muffin(name="два"),
        muffin(code=51, name="три"),
    ]
    device.document = {"products": doubles}
    dearer = [double | {"price": 80.0} for double in doubles]
    assert send(wire, *dearer) == (0, "")
    assert device.document == {"products": dearer}
    assert send(wire, *dearer, muffin(name="четыре"))[0] == 2


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\xff\xfe", "Файл товаров: неверная кодировка, ожидается UTF-8"),
        (b"{", "Файл товаров: ошибка разбора JSON"),
        (b"\xef\xbb\xbf" + UPLOADED, "Файл товаров: ошибка разбора JSON"),
        (UPLOADED.replace(b"76.0", b"NaN"), "Файл товаров: ошибка разбора JSON"),
        (b"[" * 100_000, "Файл товаров: ошибка разбора JSON"),
        (b"[]", "Файл товаров: ожидается объект JSON"),
        (b"{}", "Файл товаров: нет списка products"),
        (b'{"products":null}', "Файл товаров: нет списка products"),
        (b'{"products":[5]}', "Запись 1 в списке товаров: ожидается объект"),
        (
            b'{"products":[],"messages":{}}',
            "Файл товаров: раздел messages должен быть списком объектов",
        ),
        (b'{"products":[],"new":1e999}', "Файл товаров: недопустимое значение"),
        (b'{"products":[],"new":"\\ud800"}', "Файл товаров: недопустимое значение"),
    ],
)
def test_what_is_no_product_file_is_refused(
    wire: Wire, device: EmulatedScales, data: bytes, reason: str
) -> None:
    assert wire.upload(data) == (2, reason)
    assert device.document == HELD


def test_the_verdict_can_be_asked_for_again_until_the_next_upload(wire: Wire) -> None:
    assert send(wire, muffin(tare=-1)) == wire.check()
    assert wire.result(UPLOAD, announcement(UPLOADED)) == 0
    assert wire.result(UPLOAD, b"\x09") == 188


def test_an_upload_that_was_cut_off_is_forgotten_by_the_next(
    wire: Wire, device: EmulatedScales
) -> None:
    big = file_bytes({"products": [], "filling": "." * 100_000})
    assert wire.result(UPLOAD, announcement(big)) == 0
    assert wire.result(UPLOAD, portion(big[:60_000], last=0)) == 0
    wire.socket.close()
    with Wire(device.port) as again:
        assert again.upload(UPLOADED, clear=True) == (0, "")
    assert device.document == json.loads(UPLOADED)
