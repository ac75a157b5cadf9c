"""A draft as a ``target.yaml``: every section explained, every guess marked as one."""

from collections.abc import Callable, Mapping

from cqsc_conform.catalog.declared import DECLARED
from cqsc_conform.catalog.guess.draft import Draft, Guess, GuessedOperation
from cqsc_conform.catalog.guess.names import ELEMENTS
from cqsc_conform.catalog.guess.page import Page, flow, scalar
from cqsc_conform.model.operation import Operation, Parameter
from cqsc_conform.model.profile import Profile
from cqsc_conform.model.text import Text

__all__ = ["SCHEMA_LINE", "write_target"]

SCHEMA_LINE = "# yaml-language-server: $schema="
Words = Callable[[str, Mapping[str, str]], Text]


def write_target(draft: Draft, profile: Profile, words: Words, schema: str) -> str:
    """Write the file; ``words`` says a code of ``target.po`` in both languages.

    ``schema`` is where an editor finds the JSON Schema of target files.
    """
    page = Page(words)
    page.raw(SCHEMA_LINE + schema)
    page.doc("head")
    if draft.operations or draft.source != "template":
        page.doc("head_guessed", source=draft.source)
    page.raw("schema: cqsc-target/1")
    _subject(page, draft)
    page.section("profiles")
    page.raw(f"profiles: [{profile.id}]")
    page.section("zone")
    page.raw("network_zone: 专网")
    page.raw("data_class: test")
    _endpoints(page, draft)
    _identities(page, draft)
    _operations(page, draft, profile.operations)
    _outcome(page, draft)
    for name in ("charset", "timezone"):
        page.section(name)
        page.raw("charset: utf-8" if name == "charset" else "# timezone: Asia/Shanghai")
    _questions(page, profile)
    for name, rows in _OPTIONAL.items():
        page.section(name)
        for row in rows:
            page.raw(f"# {row}")
    return page.text()


_OPTIONAL = {
    "codecs": ("codecs:", "  body: {name: sm4_enc_data, pointer: /encData, key: env:CQSC_SM4_KEY}"),
    "time_scale": ("time_scale: 1.0",),
    "sensitive": ("sensitive_fields: [sfzh, phone]",),
    "authorization": (
        "authorization:",
        '  operator_uscc: "…"',
        '  letter_digest: "sha256:…"',
        '  not_before: "2026-01-01"',
        '  not_after: "2026-12-31"',
        "  source_addresses: [10.0.0.0/24]",
        '  stop_contact: "…"',
        "  effects: [safe]",
        "  rate: {requests_per_second: 5}",
    ),
    "limits": (
        "limits:",
        "  connect_seconds: 10",
        "  exchange_seconds: 30",
        "  probe_seconds: 600",
        "  run_seconds: 7200",
        "  body_bytes: 8388608",
        "  header_bytes: 65536",
        "  run_bytes: 268435456",
    ),
}


def _questions(page: Page, profile: Profile) -> None:
    page.section("ics")
    page.raw("# ics:")
    for name, question in profile.ics.items():
        if name in DECLARED:
            continue
        page.told(question.ask)
        page.raw(f"#   {name}: {scalar(question.default)}")
    page.section("ixit")
    page.raw("# ixit:")
    for name, wanted in profile.ixit.items():
        page.told(wanted.ask)
        page.raw(f"#   {name}: {scalar(wanted.default or '')}")


def _subject(page: Page, draft: Draft) -> None:
    page.section("subject")
    page.raw("subject:")
    page.raw("  maker:")
    page.raw("    name: FILL-IN")
    page.raw('    # uscc: "…"')
    page.put("  name: " + scalar(draft.name or "FILL-IN"), draft.source if draft.name else "")
    page.raw("  kind: api")
    if draft.version:
        page.put(f"  software: {{version: {scalar(draft.version)}}}", draft.source)
    else:
        page.raw('  # software: {version: "1.0", digest: "sha256:…"}')
    for row in ("model: …", "hardware: …", "serial: …", "installation: …"):
        page.raw(f"  # {row}")
    page.doc("proof", indent=2)
    page.raw("  # proof: {by: version_endpoint, endpoint: api, path: /version, pointer: /version}")


def _endpoints(page: Page, draft: Draft) -> None:
    page.section("endpoints")
    page.raw("endpoints:")
    page.raw("  api:")
    if draft.url is not None:
        page.guess("    url: " + scalar(draft.url.value), draft.url)
    else:
        page.raw("    url: http://127.0.0.1:8080")
    for row in ("ca: ca.pem", "client_certificate: client.pem", "client_key: client.key",
                "proxy: http://127.0.0.1:3128", "server_name: …"):  # fmt: skip
        page.raw(f"    # {row}")


def _identities(page: Page, draft: Draft) -> None:
    page.section("identities")
    page.raw("identities:")
    page.raw("  default:")
    if draft.identity is None:
        page.raw("    use: {scheme: bearer, token: env:CQSC_TOKEN}")
    else:
        use, guess = draft.identity.use, Guess("", draft.identity.source, "likely")
        page.guess("    use:", guess)
        for name, value in use.items():
            page.raw(f"      {name}: {flow(value)}")
        if draft.identity.refresh:
            page.raw("    refresh:")
            for name, value in draft.identity.refresh.items():
                page.raw(f"      {name}: {flow(value)}")
    page.raw("  anonymous:")
    page.raw("    use: {scheme: none}")
    page.doc("identities_more", indent=2)
    for row in (
        "basic: {use: {scheme: basic, username: tester, password: env:CQSC_PASSWORD}}",
        "by-key: {use: {scheme: key, name: X-Api-Key, value: env:CQSC_API_KEY}}",
        "by-tls: {use: {scheme: mutual_tls, certificate: client.pem, key: client.key}}",
        "by-preset:",
        "  use: {scheme: signed, app_id: my-app-id, secret: env:CQSC_APP_SECRET,",
        "        preset: gateway-hmac-sha256}",
        "signed:",
        "  use:",
        "    scheme: signed",
        "    app_id: my-app-id",
        "    secret: env:CQSC_APP_SECRET",
        "    algorithm: hmac-sha256",
        '    string_to_sign: "{app_id}{timestamp}{nonce}{body_sha256}"',
        '    headers: {X-App-Id: "{app_id}", X-Timestamp: "{timestamp}", X-Sign: "{signature}"}',
    ):
        page.raw(f"  # {row}")


def _operations(page: Page, draft: Draft, operations: Mapping[str, Operation]) -> None:
    page.section("operations")
    guessed = {each.name: each for each in draft.operations}
    page.raw("operations:" if guessed else "# operations:")
    for name, default in operations.items():
        if name in guessed:
            _guessed(page, guessed[name], default, _same_elements(name, guessed))
        else:
            if draft.source != "template":
                page.doc("operation_missing", indent=2, operation=name)
            for row in _default(name, default):
                page.raw(f"  # {row}")


def _same_elements(name: str, guessed: Mapping[str, GuessedOperation]) -> str:
    """Name the operation that maps this one's elements and more; empty where none does."""
    wanted = ELEMENTS.get(name, {})
    own = {each: guess.value for each, guess in guessed[name].elements.items()}
    # The fullest first: what it names must stand there itself.
    for found in sorted(guessed.values(), key=lambda each: -len(each.elements)):
        shown = {each: guess.value for each, guess in found.elements.items() if each in wanted}
        if own and shown == own and len(found.elements) > len(own):
            return found.name
    return ""


def _guessed(page: Page, found: GuessedOperation, default: Operation, elsewhere: str) -> None:
    page.guess(f"  {found.name}:", Guess("", found.source, found.confidence))
    page.raw(f"    method: {scalar(found.method)}")
    page.raw(f"    path: {scalar(found.path)}")
    for name in ("parameters", "constants"):
        _block(page, name, getattr(found, name))
    if found.paging:
        rows = {name: guess.value for name, guess in found.paging.items()}
        page.guess(f"    paging: {flow(rows)}", found.paging["style"])
    for name in ("items", "item", "total"):
        guess = getattr(found, name)
        if guess is not None:
            page.guess(f"    {name}: {scalar(guess.value)}", guess)
        elif name != "item" and getattr(default, name) is not None:
            page.raw(f"    # {name}: {getattr(default, name)}")
    if elsewhere:
        page.raw(f"    elements: {elsewhere}")
    else:
        _block(page, "elements", found.elements)
    if found.lacking:
        page.doc("lacking", indent=4, names=", ".join(found.lacking))
        page.raw("    # elements:" if elsewhere or not found.elements else "")
        for element in found.lacking:
            page.raw(f"    #   {element}: /…")


def _block(page: Page, name: str, guesses: Mapping[str, Guess]) -> None:
    if guesses:
        page.raw(f"    {name}:")
        for key, guess in guesses.items():
            page.guess(f"      {scalar(key)}: {flow(guess.value)}", guess)


def _default(name: str, default: Operation) -> list[str]:
    """Write what holds where the file says nothing, to be uncommented and changed."""
    rows = [f"{name}:", f"  method: {default.method}", f"  path: {default.path}"]
    if default.paging.style != "none":
        first = default.paging.first
        rows.append(f"  paging: {{style: {default.paging.style}, first: {first}}}")
    names = ["page", "page_size"] if default.paging.style != "none" else []
    names += ["keyword"] if name.endswith(".search") else []
    given = {each: each for each in names if each not in default.parameters} | {
        key: {"name": each.name, "place": each.place} if isinstance(each, Parameter) else each
        for key, each in default.parameters.items()
    }
    if given:
        rows.append(f"  parameters: {flow(given)}")
    rows += [
        f"  {key}: {getattr(default, key)}"
        for key in ("items", "total")
        if getattr(default, key) is not None
    ]
    return rows


def _outcome(page: Page, draft: Draft) -> None:
    page.section("outcome")
    pointer, success = draft.outcome.get("pointer"), draft.outcome.get("success")
    off = pointer is None or success is None
    mark = "# " if off else ""
    if pointer is not None and off:
        page.doc("outcome_unknown", pointer=str(pointer.value))
    page.raw(f"{mark}outcome:")
    at = scalar(pointer.value) if pointer is not None else "/code"
    codes = flow(list(success.value)) if success is not None else '["200"]'
    if pointer is not None and success is not None:
        page.guess(f"  pointer: {at}", pointer)
        page.guess(f"  success: {codes}", success)
    else:
        page.raw(f"{mark}  pointer: {at}")
        page.raw(f"{mark}  success: {codes}")
    page.doc("outcome_rest", indent=2)
    for row in ('denied: ["401", "403"]', 'not_found: ["404"]', 'invalid: ["400"]',
                'limited: ["429"]'):  # fmt: skip
        page.raw(f"  # {row}")
