"""What named persons answered beforehand (``answers.yaml``), for ``run --answers``."""

from typing import Literal

from msgspec import Struct


class Answer(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """An answer: one of the question's words, who gave it, in which role, when.

    ``time`` is ISO 8601 with an offset.
    """

    answer: str
    name: str
    role: str
    time: str
    remark: str = ""


class Answers(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """``answers.yaml``: answers by the id of their question."""

    schema: Literal["cqsc-answers/1"]
    answers: dict[str, Answer]
