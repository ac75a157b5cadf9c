"""The verbs that ask no machine: a document that the vendor hands over, a question to a person."""

from cqsc_conform.engine.conversation import Conversation
from cqsc_conform.engine.stage import Scope
from cqsc_conform.engine.verbs import Inner
from cqsc_conform.errors import Blame
from cqsc_conform.model.ask import DocumentAsk, QuestionAsk
from cqsc_conform.model.probe import AskPerson, ReadDocument

__all__ = ["ask_person", "document"]


def document(talk: Conversation, node: ReadDocument, scope: Scope, _: Inner) -> None:
    """Read a document that the vendor hands over."""
    id_ = talk.name(node.as_, scope.cell)
    driver = talk.stage.documents
    if driver is None:
        talk.unobserved(node.as_, id_, "engine.no_driver", Blame.KIT, verb="document")
        return
    ask = DocumentAsk(id=id_, name=node.document, max_bytes=node.max_bytes)
    talk.look(node.as_, id_, lambda: driver.read(ask))


def ask_person(talk: Conversation, node: AskPerson, scope: Scope, _: Inner) -> None:
    """Put a question to a named person."""
    id_ = talk.name(node.as_, scope.cell)
    driver = talk.stage.people
    if driver is None:
        talk.unobserved(node.as_, id_, "engine.no_driver", Blame.KIT, verb="ask")
        return
    ask = QuestionAsk(id=id_, question=node.question, text=node.text, answers=node.answers)
    talk.look(node.as_, id_, lambda: driver.answer(ask))
