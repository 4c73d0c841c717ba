"""Resources whose GET starts a conversation with a device."""

from typing import Final

from flask import Flask
from flask.views import MethodView

HEAD: Final = "HEAD"


class LiveView(MethodView):
    """Does not take HEAD: whoever sends it does not mean to start a conversation."""

    init_every_request = False


def forbid_head(app: Flask) -> None:
    """Remove HEAD, which Flask adds to every GET, from live resources."""
    for rule in app.url_map.iter_rules():
        view_class = getattr(app.view_functions[rule.endpoint], "view_class", None)
        if view_class is not None and issubclass(view_class, LiveView) and rule.methods:
            rule.methods.discard(HEAD)
