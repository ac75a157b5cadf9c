"""A plain sender of events: records over HTTP, and the CloudEvents SDK to tell of them.

It sends each event once and looks at no answer, as a first attempt does.
"""

import json
import sys
import threading
import urllib.error
import urllib.request
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cloudevents.core.bindings.http import to_binary_event, to_structured_event
from cloudevents.core.v1.event import CloudEvent

WRITE = {"structured": to_structured_event, "binary": to_binary_event}
records: dict[str, dict[str, str]] = {}
sinks: dict[str, str] = {}


def tell(record: dict[str, str]) -> None:
    attributes = {"type": "test.record.created", "source": "/sdk", "subject": record["id"],
                  "datacontenttype": "application/json"}  # fmt: skip
    made = WRITE[sys.argv[1]](CloudEvent(attributes, record))
    for sink in tuple(sinks.values()):
        request = urllib.request.Request(sink, made.body, made.headers, method="POST")  # noqa: S310 - loopback
        threading.Thread(target=post, args=(request,)).start()


def post(request: urllib.request.Request) -> None:
    try:
        with urllib.request.urlopen(request, timeout=10):  # noqa: S310 - loopback
            pass
    except (urllib.error.URLError, OSError):
        return


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass

    def answer(self, status: int, said: object = None) -> None:
        body = b"" if said is None else json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        made = {"id": uuid.uuid4().hex, **said}
        if self.path == "/subscriptions":
            sinks[made["id"]] = made["sink"]
        else:
            records[made["id"]] = made
            tell(made)
        self.answer(201, made)

    def do_GET(self) -> None:
        found = records.get(self.path.rpartition("/")[2])
        self.answer(404 if found is None else 200, found)

    def do_DELETE(self) -> None:
        ident = self.path.rpartition("/")[2]
        gone = sinks.pop(ident, None) or records.pop(ident, None)
        self.answer(404 if gone is None else 204)


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    sys.stdout.write(json.dumps({"listening": f"http://127.0.0.1:{server.server_port}"}) + "\n")
    sys.stdout.flush()
    server.serve_forever()
