"""Starts a reference target: `python -m cqsc_conform.reference catalog_api [--mutant ID]`.

A device is told where to connect: `device --connect mqtt://127.0.0.1:1883 [--scale 0.1]`.
"""

import argparse
import dataclasses
import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from starlette.applications import Starlette

from cqsc_conform.reference import (
    catalog_api,
    catalog_api_b,
    core_api,
    core_api_b,
    data_api,
    device,
    device_b,
    events_api,
    events_api_b,
    exchange_api,
    exchange_api_b,
    gateway_api,
    gateway_api_b,
)
from cqsc_conform.reference.device_messages import FIRMWARE
from cqsc_conform.reference.mutants import AREAS, AnyMutant
from cqsc_conform.reference.mutants.telemetry import mutant_of
from cqsc_conform.reference.serve import serve, thinking, when_stdin_ends
from cqsc_conform.reference.serve_tls import serve_tls

_MUTANTS: dict[str, tuple[AnyMutant, ...]] = {
    "catalog_api": AREAS["api"],
    "catalog_api_b": (),
    "core_api": AREAS["core"],
    "core_api_b": (),
    "data_api": (),
    "device": AREAS["device"],
    "device_b": (),
    "events_api": AREAS["events"],
    "events_api_b": (),
    "exchange_api": AREAS["exchange"],
    "exchange_api_b": (),
    "gateway_api": AREAS["gateway"],
    "gateway_api_b": (),
    "tls_endpoint": AREAS["tls"],
    "tls_endpoint_b": (),
}


_APIS: dict[str, Any] = {
    "catalog_api": catalog_api,
    "catalog_api_b": catalog_api_b,
    "core_api": core_api,
    "core_api_b": core_api_b,
    "data_api": data_api,
    "exchange_api": exchange_api,
    "exchange_api_b": exchange_api_b,
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m cqsc_conform.reference")
    parser.add_argument("reference", choices=list(_MUTANTS))
    parser.add_argument("--mutant", metavar="ID")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--size", type=_size, help="number of entries, at least 12")
    parser.add_argument("--now", type=_moment, help="the moment that the data are relative to")
    parser.add_argument("--token", default=catalog_api.DEFAULT_TOKEN, help="catalog_api only")
    parser.add_argument("--app-id", default=catalog_api_b.DEFAULT_APP_ID)
    parser.add_argument("--secret", default=catalog_api_b.DEFAULT_SECRET)
    parser.add_argument(
        "--think-ms", type=float, default=0.0, help="how long each answer takes, as networks do"
    )
    parser.add_argument("--folder", type=Path, help="where a TLS endpoint puts its certificates")
    parser.add_argument("--connect", metavar="URL", help="where a device connects to")
    parser.add_argument("--scale", type=float, default=1.0, help="how long a device's second is")
    parser.add_argument("--firmware", default=FIRMWARE, help="what `device` says runs on it")
    parser.add_argument("--die-with-stdin", action="store_true")
    parser.add_argument(
        "--mutant-from-stdin", action="store_true", help="be what the first line says, unsaid"
    )
    parser.add_argument("--list", action="store_true", help="list the mutants as JSON")
    return parser


def _size(text: str) -> int:
    # With fewer, some mutant finds no entry of the kind that it breaks.
    if int(text) < 12:
        raise argparse.ArgumentTypeError("at least 12")
    return int(text)


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise argparse.ArgumentTypeError("a time with its offset")
    return moment


def _mutants(reference: str) -> list[dict[str, object]]:
    return [
        {
            "id": m.id,
            "kills": m.kills,
            "description": dataclasses.asdict(m.description),
            "also": [dataclasses.asdict(c) for c in m.also],
        }
        for m in _MUTANTS[reference]
    ]


def _connect(args: argparse.Namespace) -> None:
    """Be a device until it is stopped."""
    made: device.Device | device_b.Device
    if args.reference == "device":
        mutant = mutant_of(args.mutant)
        made = device.make_device(
            args.connect, mutant.settings, mutant.hooks, args.scale, args.seed, args.firmware
        )
    else:
        made = device_b.Device(args.connect, args.scale)
    if args.die_with_stdin:
        when_stdin_ends(made.stop)
    said = {"connecting": args.connect, "reference": args.reference, "mutant": _said(args)}
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()
    made.run()


def _told() -> str | None:
    """Read bare, byte by byte: what follows the line is for whoever waits for the end."""
    line = b""
    while (byte := os.read(0, 1)) not in {b"", b"\n"}:
        line += byte
    return line.decode() or None


def _said(args: argparse.Namespace) -> str | None:
    return None if args.mutant_from_stdin else args.mutant


def main(argv: list[str] | None = None) -> None:
    """Serve, or list the mutants; usage errors exit 2."""
    parser = _parser()
    args = parser.parse_args(argv)
    if args.mutant_from_stdin:
        args.mutant = _told()
    if args.list:
        sys.stdout.write(json.dumps(_mutants(args.reference), ensure_ascii=False, indent=1) + "\n")
        return
    if args.mutant and args.mutant not in {m.id for m in _MUTANTS[args.reference]}:
        having = ", ".join(name for name, found in _MUTANTS.items() if found)
        parser.error(f"{args.reference} has no mutant {args.mutant}; mutants are of {having}")
    if args.reference.startswith("tls_"):
        _serve_tls(parser, args)
        return
    if args.reference.startswith("device"):
        if not args.connect:
            parser.error("a device needs --connect")
        _connect(args)
        return
    app = _app(args)
    served = thinking(app, args.think_ms / 1000) if args.think_ms else app
    said = {"reference": args.reference, "mutant": _said(args)}
    try:
        serve(served, args.host, args.port, said, die=args.die_with_stdin)
    except (OSError, OverflowError) as error:
        parser.exit(2, f"cannot listen on {args.host}:{args.port}: {error}\n")


def _app(args: argparse.Namespace) -> Starlette:
    """Make the application of an API, with data that are relative to one moment."""
    if args.reference == "events_api":
        return events_api.make_app(args.mutant, args.scale, args.token, args.secret)
    if args.reference == "events_api_b":
        return events_api_b.make_app(args.scale, args.secret)
    if args.reference == "gateway_api":
        return gateway_api.make_app(args.mutant)
    if args.reference == "gateway_api_b":
        return gateway_api_b.make_app()
    now = args.now or datetime.now(UTC)
    found = _APIS[args.reference]
    size = args.size or found.DEFAULT_SIZE
    app: Starlette
    match args.reference:
        case "catalog_api_b":
            app = catalog_api_b.make_app(args.seed, now, size, args.app_id, args.secret)
        case "core_api_b":
            app = core_api_b.make_app(args.seed, now, size)
        case "data_api":
            app = data_api.make_app(args.seed, now, size, args.token)
        case "exchange_api_b":
            app = exchange_api_b.make_app(args.seed, now, size, args.token)
        case _:
            app = found.make_app(args.mutant, args.seed, now, size, args.token)
    return app


def _serve_tls(parser: argparse.ArgumentParser, args: argparse.Namespace) -> None:
    try:
        serve_tls(
            args.reference,
            args.mutant,
            args.host,
            args.port,
            args.folder,
            die=args.die_with_stdin,
            unsaid=args.mutant_from_stdin,
        )
    except (OSError, OverflowError) as error:
        parser.exit(2, f"cannot listen on {args.host}:{args.port}: {error}\n")


if __name__ == "__main__":
    main()
