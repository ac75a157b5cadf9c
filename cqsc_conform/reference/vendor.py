"""The second reference's own words: pinyin initials for elements, digits for types of sharing."""

from datetime import datetime

from cqsc_conform.reference.data import (
    BEIJING,
    CONDITIONAL,
    FREE,
    OPEN_CONDITIONAL,
    OPEN_FREE,
    OPEN_REFUSED,
    REFUSED,
    Entry,
)

_NAMES = {
    "id": "zybh",
    "code": "zydm",
    "title": "zymc",
    "provider": "tgf",
    "provider_code": "tgfdm",
    "abstract": "zy",
    "format": "gs",
    "items": "xxx",
    "share_type": "gxlx",
    "share_condition": "gxtj",
    "refusal_basis": "bgxyj",
    "share_mode": "gxfs",
    "open_type": "kflx",
    "open_condition": "kftj",
    "update_period": "gxzq",
    "published": "fbrq",
    "updated": "sjgxsj",
    "related": "glzy",
    "region": "xzqh",
    "service": "fwdz",
}
_SHARE_CODES = {FREE: "1", CONDITIONAL: "2", REFUSED: "3"}
_OPEN_CODES = {OPEN_FREE: "1", OPEN_CONDITIONAL: "2", OPEN_REFUSED: "3"}


def entry_in_vendor_words(entry: Entry) -> Entry:
    """Give an entry under the vendor's names; hidden items become an empty list."""
    local = datetime.fromisoformat(entry["updated"]).astimezone(BEIJING).replace(tzinfo=None)
    changed = {
        "items": [item_in_vendor_words(item) for item in entry.get("items", ())],
        "share_type": _SHARE_CODES[entry["share_type"]],
        "open_type": _OPEN_CODES[entry["open_type"]],
        "updated": local.isoformat(timespec="seconds"),
    }
    if "service" in entry:
        changed["service"] = f"/gateway/api/v2/data/{entry['id']}"
    return {_NAMES[name]: value for name, value in (entry | changed).items()}


def item_in_vendor_words(item: Entry) -> Entry:
    """Give an information item, or a live field, under the vendor's names."""
    names = {"name": "mc", "title": "bt", "type": "lx"}
    return {names[name]: value for name, value in item.items()}
