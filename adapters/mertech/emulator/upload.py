"""The device's side of an upload: announce, portions, check."""

from collections.abc import Callable
from dataclasses import dataclass, field

from adapters.mertech.emulator.faults import ActiveFault, Fault
from adapters.mertech.emulator.frames import PORTION_LIMIT, CheckStatus, Result
from adapters.mertech.emulator.intake import Intake, read_upload
from adapters.mertech.emulator.products.product_file import ProductFile
from adapters.mertech.emulator.products.validation import (
    Product,
    ProductFileError,
    as_integer,
    naming,
)
from adapters.mertech.emulator.refused import RefusedError

SPACE = 64_000_000
"""Bytes a device has for an upload; a longer one finds the disk full."""

_ANNOUNCEMENT = 16 + 1 + 8 + 1 + 1
_PORTION_HEAD = 1 + 4 + 2
_HAS_SIZE, _IS_PRODUCTS, _CLEAR, _KEEP = 0x04, 0x01, 0x00, 0x01


@dataclass(slots=True)
class Announced:
    """An upload whose portions are coming in."""

    md5: bytes
    size: int
    clear: bool
    data: bytearray = field(default_factory=bytearray, repr=False)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of an upload: the file the device holds from then on, or why it refused."""

    file: ProductFile | None
    reason: str = ""


class Upload:
    """One device's upload on its way in; every step raises RefusedError."""

    def __init__(self, now: Callable[[], float], intake: Intake, *, check: float) -> None:
        self._now = now
        self._intake = intake
        self._check_seconds = check
        self._announced: Announced | None = None
        self._pending: Verdict | None = None
        self._checked_at = 0.0
        self._verdict: Verdict | None = None

    @property
    def checking(self) -> bool:
        """Whether a file has come whole and its check is not over."""
        return self._pending is not None

    def announce(self, body: bytes, fault: Fault | None) -> None:
        """MD5, marker, size (8 bytes of either endianness), marker, clear or keep."""
        if len(body) != _ANNOUNCEMENT or body[16] != _HAS_SIZE or body[25] != _IS_PRODUCTS:
            raise RefusedError(Result.BAD_PARAMETER)
        if body[26] not in (_CLEAR, _KEEP):
            raise RefusedError(Result.BAD_PARAMETER)
        # Read the wrong way round, the size of anything that fits is beyond all bounds.
        size = min(int.from_bytes(body[17:25], "big"), int.from_bytes(body[17:25], "little"))
        if size == 0:
            raise RefusedError(Result.BAD_PARAMETER)
        if size > SPACE or fault is Fault.DISK_FULL:
            raise RefusedError(Result.DISK_FULL)
        self._announced = Announced(md5=body[:16], size=size, clear=body[26] == _CLEAR)
        self._verdict = None

    def portion(self, body: bytes, held: ProductFile | None, fault: ActiveFault | None) -> None:
        """Last flag, offset, size and data; the check begins with the last portion."""
        coming = self._announced
        if coming is None:
            raise RefusedError(Result.NOT_INITIALISED)
        if len(body) <= _PORTION_HEAD:
            raise RefusedError(Result.BAD_PARAMETER)
        last, data = body[0], body[_PORTION_HEAD:]
        offset = int.from_bytes(body[1:5], "little")
        size = int.from_bytes(body[5:7], "little")
        end = offset + size
        right = size == len(data) <= PORTION_LIMIT and offset == len(coming.data)
        if not right or end > coming.size or last != (end == coming.size):
            raise RefusedError(Result.BAD_PARAMETER)
        coming.data += data
        if last:
            self._announced = None
            self._pending = self._judge(coming, held, fault)
            self._checked_at = self._now() + self._check_seconds

    def reaches_middle(self, body: bytes) -> bool:
        """Whether this portion reaches the middle of the announced file."""
        coming = self._announced
        return coming is not None and (
            (len(coming.data) + len(body) - _PORTION_HEAD) * 2 >= coming.size
        )

    def settled(self, fault: Fault | None) -> Verdict | None:
        """The verdict, once, when the check has just come to its end."""
        if fault is Fault.CHECK_NEVER_ENDS or self._now() < self._checked_at:
            return None
        verdict, self._pending = self._pending, None
        self._verdict = verdict or self._verdict
        return verdict

    def check(self) -> tuple[CheckStatus, str]:
        """How the check stands, and why the device refused."""
        if self._pending is not None:
            return CheckStatus.CHECKING, ""
        if self._verdict is None:
            raise RefusedError(Result.NOT_INITIALISED)
        if self._verdict.file is None:
            return CheckStatus.REFUSED, self._verdict.reason
        return CheckStatus.DONE, ""

    def _judge(
        self, coming: Announced, held: ProductFile | None, fault: ActiveFault | None
    ) -> Verdict:
        sent = ProductFile(bytes(coming.data))
        if sent.md5 != coming.md5:
            return Verdict(None, "Контрольная сумма файла не совпадает")
        try:
            if fault is not None:
                _object_to(sent, fault)
            return Verdict(self._intake.take(held, sent, clear=coming.clear))
        except ProductFileError as refusal:
            return Verdict(None, str(refusal))


def _object_to(sent: ProductFile, fault: ActiveFault) -> None:
    if fault.kind is Fault.REFUSE_UPLOADS:
        raise ProductFileError("Ошибка записи в базу данных")
    if fault.kind not in (Fault.REFUSE_PRODUCTS, Fault.REFUSE_TOGETHER):
        return
    found: dict[int, Product] = {}
    for product in read_upload(sent.data)["products"]:
        code = as_integer(product.get("code")) if isinstance(product, dict) else None
        if code is not None and code in fault.codes:
            found.setdefault(code, product)
    if fault.kind is Fault.REFUSE_PRODUCTS and found:
        raise ProductFileError(f"{naming(next(iter(found.values())))}: ошибка записи в базу данных")
    if fault.kind is Fault.REFUSE_TOGETHER and len(found) == len(fault.codes):
        raise ProductFileError("Ошибка записи в базу данных: товары несовместимы")
