"""How an operation that profiles speak of is reached at a vendor's system, and read back."""

from typing import Literal

from msgspec import UNSET, Struct, UnsetType

from cqsc_conform.model.text import Scalar, Text

PagingStyle = Literal["page", "offset", "cursor", "link", "none"]
Place = Literal["query", "path", "header", "body", "form"]


class Parameter(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Where a parameter of the profile goes: its wire name, and its place in the request.

    In a JSON body ``name`` may be a JSON Pointer, so that an envelope can be filled.  ``type``
    says what it is there: left open, ``page``, ``page_size`` and ``offset`` are integers, and
    all others strings, digits or not.
    """

    name: str
    place: Place = "query"
    type: Literal["string", "integer"] | None = None


class Constant(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A value that the vendor always wants, where it does not go to the usual place.

    A list repeats the parameter in a query or form, and is an array in a JSON body.
    """

    value: Scalar | tuple[Scalar, ...]
    place: Place | None = None


class Paging(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """How pages follow one another.

    ``page``: parameter ``page`` counts from ``first``.  ``offset``: parameter ``offset`` counts
    items.  ``cursor``: parameter ``cursor`` takes what the pointer ``cursor`` shows in the
    last answer (a token, or a whole URL of the same endpoint).  ``link``: RFC 8288 ``next``.
    """

    style: PagingStyle = "page"
    first: int = 1
    cursor: str = ""
    max_page_size: int | None = None


class ElementAt(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Where a data element is found in an item, and how its values are spelled there.

    ``values`` maps the vendor's spelling to the profile's; a spelling that is not listed stays
    as it is, so that a mapping cannot turn a wrong value into a right one by default.  ``each``
    names the members of the objects in a list, where the element is one.
    """

    at: str
    each: dict[str, str] = {}
    values: dict[str, str] = {}
    split: str | None = None
    parse: Literal["json"] | None = None


class Operation(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One operation: how to ask, and where in the answer things are.

    ``parameters`` maps the profile's names to wire names.  ``constants`` are wire parameters
    that the vendor always wants: a value, a list of them, or a ``Constant`` with its place.
    A ``method`` of PUBLISH makes it a topic that a device publishes to: ``path`` is then its
    template, in which ``{name}`` stands for one level, and ``items`` points to the readings in
    a message; without it a message is one reading.  With ``members`` it points to an object in
    which each member is a reading under its own name, those aside that ``elements`` places in
    the message; ``units`` are what the vendor declares where readings carry none.

    Pointers are JSON Pointers into the response body; ``items`` points to the array of a
    listing, ``item`` to the object of a single answer, ``elements`` into an item.
    """

    title: Text | None = None
    endpoint: str = "api"
    method: str = "GET"
    path: str = "/"
    parameters: dict[str, str | Parameter] = {}
    constants: dict[str, Scalar | tuple[Scalar, ...] | Constant] = {}
    headers: dict[str, str] = {}
    paging: Paging = Paging(style="none")
    items: str | None = None
    item: str = ""
    total: str | None = None
    elements: dict[str, str | ElementAt] = {}
    charset: str | None = None
    members: bool = False
    units: dict[str, str] = {}

    def element(self, name: str) -> ElementAt:
        """Say where a data element is: as mapped, else under its own name."""
        found = self.elements.get(name)
        if found is None:
            return ElementAt(at=f"/{name}")
        return found if isinstance(found, ElementAt) else ElementAt(at=found)

    def parameter(self, name: str) -> Parameter:
        """Say where a parameter goes: as mapped, else under its own name.

        A mapping that gives a name alone leaves the place to the method: the query of a GET,
        the JSON body of a POST.
        """
        found = self.parameters.get(name, name)
        if isinstance(found, Parameter):
            return found
        return Parameter(name=found, place=self.usual_place)

    def constant(self, name: str) -> Constant:
        """Say what a constant is and where it goes: as given, else by the method."""
        found = self.constants[name]
        if not isinstance(found, Constant):
            found = Constant(value=found)
        return Constant(value=found.value, place=found.place or self.usual_place)

    @property
    def usual_place(self) -> Place:
        """Tell where parameters travel by default."""
        return "query" if self.method in {"GET", "HEAD", "DELETE", "OPTIONS"} else "body"


class OperationMap(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A vendor's mapping of an operation: what is given replaces the profile's default.

    ``supported: false`` says that the system has no such operation.  ``elements`` may name
    another operation of the file, whose elements stand in the same places.
    """

    supported: bool = True
    endpoint: str | UnsetType = UNSET
    method: str | UnsetType = UNSET
    path: str | UnsetType = UNSET
    parameters: dict[str, str | Parameter] | UnsetType = UNSET
    constants: dict[str, Scalar | tuple[Scalar, ...] | Constant] | UnsetType = UNSET
    headers: dict[str, str] | UnsetType = UNSET
    paging: Paging | UnsetType = UNSET
    items: str | UnsetType | None = UNSET
    item: str | UnsetType = UNSET
    total: str | UnsetType | None = UNSET
    elements: dict[str, str | ElementAt] | str | UnsetType = UNSET
    charset: str | UnsetType | None = UNSET
    members: bool | UnsetType = UNSET
    units: dict[str, str] | UnsetType = UNSET


class OutcomeMap(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """How an API says what became of a request: by status, or by a business code in the body.

    ``pointer`` finds the business code; a code that no list holds is ``other``.  Without a
    pointer, or where it finds nothing, the status speaks.
    """

    pointer: str | None = None
    success: tuple[str, ...] = ()
    denied: tuple[str, ...] = ()
    not_found: tuple[str, ...] = ()
    invalid: tuple[str, ...] = ()
    limited: tuple[str, ...] = ()
