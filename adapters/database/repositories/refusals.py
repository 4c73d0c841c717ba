"""Refused passwords in the database."""

from collections.abc import Sequence

from sqlalchemy import bindparam, func, select, update

from adapters.database.repositories.repository import Repository
from adapters.database.tables import endpoints
from application.ports.repositories.refusals import Refusals

_ENDPOINTS = endpoints.c.endpoint.in_(bindparam("its_endpoints", expanding=True))

COUNT_REFUSALS = select(func.coalesce(func.max(endpoints.c.refusals), 0)).where(_ENDPOINTS)
ADD_REFUSAL = update(endpoints).where(_ENDPOINTS).values(refusals=endpoints.c.refusals + 1)
CLEAR_REFUSALS = update(endpoints).where(_ENDPOINTS).values(refusals=0)


class SqlRefusals(Repository, Refusals):
    """How often what listens at an endpoint has refused a password."""

    def count(self, endpoints: Sequence[str]) -> int:
        if not endpoints:
            return 0
        counted: int = self._read(COUNT_REFUSALS, {"its_endpoints": list(endpoints)}).scalar_one()
        return counted

    def add(self, endpoints: Sequence[str]) -> None:
        if endpoints:
            self._write(ADD_REFUSAL, {"its_endpoints": list(endpoints)})

    def clear(self, endpoints: Sequence[str]) -> int:
        refusals = self.count(endpoints)
        if refusals:
            self._write(CLEAR_REFUSALS, {"its_endpoints": list(endpoints)})
        return refusals
