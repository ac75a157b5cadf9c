"""Answers of named persons: from a file, or from whoever sits at the terminal."""

import threading
from collections.abc import Callable, Mapping

from cqsc_conform.drivers.redact import Redactor
from cqsc_conform.errors import Blame
from cqsc_conform.model.answers import Answer
from cqsc_conform.model.ask import QuestionAsk
from cqsc_conform.model.evidence import Attestation, Redaction, Unobserved
from cqsc_conform.model.world import Clock, rfc3339

__all__ = ["People", "Terminal"]

Terminal = Callable[[QuestionAsk], Answer | None]
"""Puts a question to whoever sits there; None where they do not answer."""


class People:
    """Puts each question once: what a file answers is not asked again at the terminal.

    ``terminal`` is None where nobody sits there.  Safe for parallel steps.
    """

    def __init__(
        self,
        answers: Mapping[str, Answer],
        terminal: Terminal | None,
        redactor: Redactor,
        clock: Clock,
    ) -> None:
        self._filed = answers
        self._terminal = terminal
        self._redactor = redactor
        self._clock = clock
        self._typed: dict[str, Answer | None] = {}
        self._lock = threading.Lock()

    def answer(self, ask: QuestionAsk) -> Attestation | Unobserved:
        """Get an answer; none, or one in other words than the question's, is ``Unobserved``."""
        filed = self._filed.get(ask.question)
        given = filed or self._from_terminal(ask)
        at = rfc3339(self._clock.now())
        if given is None:
            return Unobserved(
                ask.id, "ask.no_answer", Blame.YOU, at, args={"question": ask.question}
            )
        if given.answer not in ask.answers:
            args = {"question": ask.question, "known": ", ".join(ask.answers)}
            return Unobserved(ask.id, "ask.other_words", Blame.YOU, at, args={**args})
        hits: list[Redaction] = []
        return Attestation(
            id=ask.id,
            question=ask.question,
            answer=given.answer,
            name=self._redactor.text("attestation.name", given.name, hits),
            role=self._redactor.text("attestation.role", given.role, hits),
            answered_at=given.time,
            at=at,
            via="terminal" if filed is None else "file",
            remark=self._redactor.text("attestation.remark", given.remark, hits),
            redactions=tuple(hits),
        )

    def _from_terminal(self, ask: QuestionAsk) -> Answer | None:
        if self._terminal is None:
            return None
        with self._lock:
            if ask.question not in self._typed:
                self._typed[ask.question] = self._terminal(ask)
            return self._typed[ask.question]
