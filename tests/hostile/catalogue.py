"""A catalogue in the default shape, for peers that misbehave in one respect only."""

import json
from typing import Any

PAGE_SIZE = 20


def entry(number: int, **changes: Any) -> dict[str, Any]:
    """Give a catalogue entry in the canonical elements; ``changes`` replace some."""
    return {
        "id": f"zoo-{number:06d}",
        "code": f"306003001/{number:06d}",
        "title": f"试验目录条目{number}",
        "provider": "试验市大数据局",
        "provider_code": "11500000MB0000019F",
        "share_type": "无条件共享",
        "open_type": "不予开放",
        "update_period": "不定期",
        "published": "2025-03-01",
        "updated": "2025-03-02T08:00:00+08:00",
        "region": "500000",
        **changes,
    }


def listing(items: list[Any], **changes: Any) -> dict[str, Any]:
    """Give one page in the default shape; ``changes`` replace or add members."""
    return {"total": len(items), "page": 1, "page_size": PAGE_SIZE, "items": items, **changes}


def encode(value: Any) -> bytes:
    """Encode as UTF-8 JSON with the Chinese left readable."""
    return json.dumps(value, ensure_ascii=False).encode()


def page(*numbers: int, **changes: Any) -> bytes:
    """Encode one page that holds the numbered entries."""
    return encode(listing([entry(number) for number in numbers], **changes))


ORDINARY = page(1, 2, 3)
