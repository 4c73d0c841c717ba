"""What sessions with scales are for, and how they end, in words."""

from collections.abc import Mapping
from typing import Final

from adapters.texts.languages import Language
from adapters.texts.languages import translatable as _
from domain.runs.run import Outcome, RunKind

RUN_KINDS_IN_WORDS: Final[Mapping[RunKind, str]] = {
    RunKind.READ: _("read"),
    RunKind.UPLOAD: _("upload"),
    RunKind.AUTO_UPDATE: _("auto_update"),
    RunKind.STATUS: _("status"),
}
OUTCOMES: Final[Mapping[Outcome, str]] = {
    Outcome.RUNNING: _("running"),
    Outcome.OK: _("ok"),
    Outcome.NOTHING_TO_DO: _("nothing_to_do"),
    Outcome.FAILED: _("failed"),
    Outcome.REFUSED: _("refused"),
    Outcome.UNKNOWN: _("unknown"),
    Outcome.INTERRUPTED: _("interrupted"),
}


def kind_in(language: Language, kind: RunKind) -> str:
    """What a session is for."""
    return language.phrase(RUN_KINDS_IN_WORDS[kind])


def outcome_in(language: Language, outcome: Outcome) -> str:
    """How a session ended."""
    return language.phrase(OUTCOMES[outcome])
