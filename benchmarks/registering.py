"""Devices in bulk, straight into the tables."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, insert, literal, null, select, true, update

from adapters.database.batching import parts
from adapters.database.tables import auto_updates, devices, leases, users
from domain.devices.device import Address, DeviceId

EMAIL = "bench@example.org"
INTERVAL = timedelta(hours=12)


def register(
    engine: Engine,
    addresses: Sequence[Address],
    encrypted_password: str,
    due_at: datetime,
    *,
    email: str = EMAIL,
) -> list[DeviceId]:
    """One user with a device at each address, each due then; their ids in the same order."""
    with engine.begin() as connection:
        owner = connection.execute(
            insert(users)
            .values(
                email=email,
                email_key=email,
                password_hash="no password matches",  # noqa: S106
            )
            .returning(users.c.id)
        ).scalar_one()
        connection.execute(
            insert(devices),
            [
                {
                    "owner_id": owner,
                    "name": f"Scale {place}",
                    "description": "",
                    "host": address.host,
                    "port": address.port,
                    "protocol": "TCP",
                    "encrypted_password": encrypted_password,
                    "moves": 0,
                }
                for place, address in enumerate(addresses)
            ],
        )
        of_owner = devices.c.owner_id == owner
        connection.execute(
            insert(leases).from_select(
                ["device_id", "fence", "expires_at"],
                select(devices.c.id, literal(0), null()).where(of_owner),
            )
        )
        due = literal(due_at, auto_updates.c.due_at.type)
        now = literal(datetime.now(UTC), auto_updates.c.looked_at.type)
        connection.execute(
            insert(auto_updates).from_select(
                ["device_id", "enabled", "interval_seconds", "due_at", "look_at", "looked_at"],
                select(
                    devices.c.id, true(), literal(int(INTERVAL.total_seconds())), due, due, now
                ).where(of_owner),
            )
        )
        places = {
            name: DeviceId(device_id)
            for device_id, name in connection.execute(
                select(devices.c.id, devices.c.name).where(of_owner)
            )
        }
    return [places[f"Scale {place}"] for place in range(len(addresses))]


def fall_due(
    engine: Engine, due_at: datetime, device_ids: Sequence[DeviceId] | None = None
) -> None:
    """These devices, or all of them, and once more where they were due before."""
    due = update(auto_updates).values(due_at=due_at, look_at=due_at)
    with engine.begin() as connection:
        if device_ids is None:
            connection.execute(due)
            return
        for some in parts(device_ids):
            connection.execute(due.where(auto_updates.c.device_id.in_(some)))
