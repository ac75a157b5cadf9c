"""nginx and mosquitto with a good and a weak TLS set-up, on loopback, as processes of the tests."""

import datetime as dt
import os
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cqsc_conform.reference.certificates import Files, Wanted, make

START_SECONDS = 20.0
# Where Debian puts servers; not everybody's PATH has it.
PLACES = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])

GOOD = Wanted()
WEAK = Wanted(
    key="rsa-1024", names=("old.test",), days=(-400, -1), anchor="foreign", send_middle=False
)
ANYTHING = "ALL:COMPLEMENTOFALL:@SECLEVEL=0"

NGINX = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log stderr crit;
events {{ worker_connections 64; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port} ssl;
    ssl_certificate {chain};
    ssl_certificate_key {key};
    {more}
    location / {{ return 204; }}
  }}
}}
"""
NGINX_GOOD = "ssl_protocols TLSv1.2 TLSv1.3; ssl_ciphers HIGH:!aNULL:!eNULL:!kRSA:!3DES:!RC4;"
NGINX_WEAK = f"ssl_protocols TLSv1 TLSv1.1 TLSv1.2; ssl_ciphers {ANYTHING};"

# Started by root it would become somebody who may not read the tests' folder.
MOSQUITTO = """
user root
listener {port} 127.0.0.1
certfile {chain}
keyfile {key}
allow_anonymous false
log_dest none
{more}
"""
MOSQUITTO_GOOD = "tls_version tlsv1.2\nciphers HIGH:!aNULL:!eNULL:!kRSA:!3DES:!RC4"
MOSQUITTO_WEAK = f"tls_version tlsv1.1\nciphers {ANYTHING}"


@contextmanager
def nginx(folder: Path, *, weak: bool) -> Iterator[tuple[str, Path]]:
    """Run nginx; gives its URL and the file of the CA that clients trust."""
    files = certificates(folder, weak=weak)
    port = free_port()
    config = folder / "nginx.conf"
    more = NGINX_WEAK if weak else NGINX_GOOD
    config.write_text(
        NGINX.format(folder=folder, port=port, chain=files.chain, key=files.key, more=more)
    )
    command = [program("nginx"), "-p", str(folder), "-e", "stderr", "-c", str(config)]
    with running(command, port):
        yield f"https://127.0.0.1:{port}", files.ca


@contextmanager
def mosquitto(folder: Path, *, weak: bool) -> Iterator[tuple[str, Path]]:
    """Run mosquitto; gives its URL and the file of the CA that clients trust."""
    files = certificates(folder, weak=weak)
    port = free_port()
    config = folder / "mosquitto.conf"
    more = MOSQUITTO_WEAK if weak else MOSQUITTO_GOOD
    config.write_text(MOSQUITTO.format(port=port, chain=files.chain, key=files.key, more=more))
    with running([program("mosquitto"), "-c", str(config)], port):
        yield f"mqtts://127.0.0.1:{port}", files.ca


def certificates(folder: Path, *, weak: bool) -> Files:
    """Make certificates that are right, or wrong in every respect."""
    return make(folder, WEAK if weak else GOOD, dt.datetime.now(dt.UTC))


def program(name: str) -> str:
    """Find a server's program."""
    found = shutil.which(name, path=PLACES)
    assert found, f"{name} is missing; run: scripts/setup apt"
    return found


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port


@contextmanager
def running(command: list[str], port: int) -> Iterator[None]:
    """Run a server until it takes a TLS connection, and stop it in the end."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        try:
            until = time.monotonic() + START_SECONDS
            while not answers(port):
                assert process.poll() is None, process.stdout and process.stdout.read()
                assert time.monotonic() < until, command
                time.sleep(0.05)
            yield
        finally:
            process.terminate()
            process.communicate()


def answers(port: int) -> bool:
    """Tell whether somebody listens and speaks TLS there."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers(ANYTHING)
    try:
        with (
            socket.create_connection(("127.0.0.1", port), 5) as plain,
            context.wrap_socket(plain),
        ):
            return True
    except OSError:
        return False
