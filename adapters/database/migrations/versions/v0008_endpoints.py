"""What devices are talked to at: leases and refused passwords by address and port."""

from ipaddress import IPv6Address, ip_address

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

DEVICES = sa.table(
    "devices",
    sa.column("id", sa.BigInteger()),
    sa.column("host", sa.Text()),
    sa.column("port", sa.Integer()),
    sa.column("endpoint", sa.Text()),
)


def upgrade() -> None:
    op.create_table(
        "endpoints",
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.Float(53), nullable=False),
        sa.Column("lasts", sa.Float(53), nullable=False),
        sa.Column("refusals", sa.BigInteger(), nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("endpoint", name="pk_endpoints"),
    )
    # Adds in place: made anew, the table would take along what belongs to it.
    with op.batch_alter_table("devices", recreate="never") as devices:
        devices.add_column(sa.Column("endpoint", sa.Text(), nullable=True))
        devices.create_index("ix_devices_endpoint_owner_id", ["endpoint", "owner_id"])
    with op.batch_alter_table("leases", recreate="never") as leases:
        leases.add_column(sa.Column("lasts", sa.Float(53), nullable=False, server_default="15"))
    connection = op.get_bind()
    found = [
        {"its_id": device_id, "its_endpoint": endpoint}
        for device_id, host, port in connection.execute(
            sa.select(DEVICES.c.id, DEVICES.c.host, DEVICES.c.port)
        )
        if (endpoint := _endpoint(host, port)) is not None
    ]
    if found:
        connection.execute(
            sa.update(DEVICES)
            .where(DEVICES.c.id == sa.bindparam("its_id"))
            .values(endpoint=sa.bindparam("its_endpoint")),
            found,
        )


def downgrade() -> None:
    with op.batch_alter_table("leases", recreate="never") as leases:
        leases.drop_column("lasts")
    with op.batch_alter_table("devices", recreate="never") as devices:
        devices.drop_index("ix_devices_endpoint_owner_id")
        devices.drop_column("endpoint")
    op.drop_table("endpoints")


def _endpoint(host: str, port: int) -> str | None:
    """None for a host name, which the first conversation looks up."""
    bare, at, scope = host.partition("%")
    try:
        address = ip_address(bare)
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return f"{address.ipv4_mapped}:{port}"
        return f"[{address}{at}{scope}]:{port}"
    return f"{address}{at}{scope}:{port}"
