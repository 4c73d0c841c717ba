"""How conversations fail."""

from importlib import import_module

import pytest

from domain.errors import ConversationError, Failure


@pytest.mark.parametrize("module", ["application.conversations.errors", "application.ports.scales"])
def test_failures_of_conversations_form_one_tree(module: str) -> None:
    defined = {
        each
        for each in vars(import_module(module)).values()
        if isinstance(each, type) and issubclass(each, Exception) and each.__module__ == module
    }
    assert defined
    for each in defined:
        assert issubclass(each, ConversationError), each


@pytest.mark.parametrize("package", ["conversation", "delivery", "lease_keeper", "opening"])
def test_failures_of_conversations_have_one_seat(package: str) -> None:
    module = import_module(f"application.conversations.{package}")
    for each in vars(module).values():
        if isinstance(each, type) and issubclass(each, Failure):
            assert each.__module__ != module.__name__, each
