"""Delivering products to a device: what an upload and a renewal of dates share."""

from abc import abstractmethod
from collections.abc import Collection
from typing import Protocol

from application.conversations.conversation import Conversation
from application.conversations.errors import LeaseLostError
from application.conversations.send_products import Sent, send
from application.ports.scales import Connection
from application.ports.storage import Transaction
from domain.products.catalogue import Catalogue
from domain.products.edit import EditVersion
from domain.products.product_file import ProductFile
from domain.products.refused import ProductsAtFaultError
from domain.runs.run import Outcome


class Load(Protocol):
    """What is delivered: an upload's products, or those with renewed dates."""

    @property
    @abstractmethod
    def outcome(self) -> Outcome:
        """OK, or NOTHING_TO_DO, where the delivery succeeds."""

    @property
    @abstractmethod
    def products(self) -> int:
        """How many are delivered; asked once it is known what was sent."""

    @abstractmethod
    def deliver(self, connection: Connection) -> Sent:
        """Work out what to send, mark it as under way, and send it.

        Begins anew on each connection. Raises ScalesError and what else keeps it from sending.
        """

    @abstractmethod
    def keep(self, tx: Transaction) -> None:
        """Remember what the device holds now. It took all, or all but the products at fault."""

    @abstractmethod
    def succeeded(self, tx: Transaction) -> None:
        """Remember that the device took all."""

    @abstractmethod
    def failed(self, tx: Transaction, error: Exception) -> None:
        """Remember what a failure means, besides what becomes of the products."""


class Delivery:
    """One delivery to the device of a conversation.

    Products are marked as under way before the device may see any of them. Afterwards they are kept
    as what the device holds, or taken back where it certainly took none. In between it is unknown.
    """

    def __init__(self, conversation: Conversation, *, find_faults: bool) -> None:
        """`find_faults` says whether products at fault are sought after a refusal."""
        self.conversation = conversation
        self._find_faults = find_faults
        self._before: Catalogue | None = None
        self._sent_some = False

    @property
    def sent_some(self) -> bool:
        """Whether anything was sent, on whichever connection."""
        return self._sent_some

    def run(self, load: Load) -> Sent:
        """Deliver the load, and record how that ended.

        Raises what `load.deliver` raises, LeaseLostError, and ProductsAtFaultError when the device
        took all but some products.
        """
        record = self.conversation.record
        try:
            sent = self.conversation.on_connection(load.deliver)
            if sent.culprits:
                raise ProductsAtFaultError(sent.culprits, load.products)
            with record.success(load.outcome, products=load.products, size=sent.size) as tx:
                load.succeeded(tx)
        except LeaseLostError:
            raise
        except Exception as error:
            with record.failure(error) as tx:
                if isinstance(error, ProductsAtFaultError):
                    load.keep(tx)
                elif self.conversation.exchange.certainly_refused(error):
                    self.take_back(tx)
                load.failed(tx, error)
            raise
        return sent

    def mark_under_way(
        self, tx: Transaction, catalogue: Catalogue, edits: Collection[EditVersion] = ()
    ) -> None:
        """Remember, before anything is sent, that the device may have it: these edits, or dates."""
        self._before = self._before or catalogue
        tx.catalogues.save(catalogue.uploading(edits))

    def send(self, connection: Connection, file: ProductFile, *, clear: bool = False) -> Sent:
        """Have the device take the file. Raises ScalesError."""
        self._sent_some = True
        self.conversation.exchange.send_begins()
        return send(
            connection,
            file,
            clear=clear,
            find_faults=self._find_faults,
            reserve=self.conversation.memory.reserve,
        )

    def take_back(self, tx: Transaction) -> None:
        """The catalogue is as it was before anything was marked as under way."""
        catalogue = tx.catalogues.find(self.conversation.device.id)
        if self._before is not None and catalogue is not None:
            tx.catalogues.save(catalogue.refused(self._before))
