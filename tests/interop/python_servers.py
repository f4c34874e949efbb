"""Servers of the `websockets` package that the client is tried with.

    python_servers.py PORT TLS_PORT DEFLATE_PORT KEEPING_PORT CERTIFICATE KEY

It prints `ready`, and serves until it is ended. What is below `/open` opens, and does what its name
says; what is below `/digest` asks for a Digest answer first, which it checks by itself. At DEFLATE_PORT
messages are compressed as the package does unless told otherwise, at KEEPING_PORT with any window that
the client wants.
"""

import asyncio
import hashlib
import json
import ssl
import sys
from http import HTTPStatus
from urllib.request import parse_http_list, parse_keqv_list

from websockets.asyncio.server import basic_auth, serve
from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory

USER, PASSWORD = "ann", "s3cret: é"
REALM = "the \"best\" servers"
CLOSED = []  # how sessions ended, as this side saw it
NONCES = {}  # the last count of each nonce that may be used


async def echo(session):
    async for message in session:
        await session.send(message)


async def echo_in_pieces(session):
    async for message in session:
        await session.send([message[at:at + 1000] for at in range(0, len(message) or 1, 1000)])


def count_bytes(protocol):
    """The bytes that are read and written from now on."""
    counts = [0, 0]
    receive, send = protocol.receive_data, protocol.data_to_send

    def receive_data(data=b""):
        counts[0] += len(data)
        receive(data)

    def data_to_send():
        data = send()
        counts[1] += sum(map(len, data))
        return data

    protocol.receive_data, protocol.data_to_send = receive_data, data_to_send
    return counts


async def counted(session):
    """An echo that tells how many bytes went over the wire when it is asked for `traffic`."""
    counts = count_bytes(session.protocol)
    async for message in session:
        await session.send(json.dumps(counts) if message == "traffic" else message)


async def handler(session):
    path = session.request.path
    if path == "/open/headers":
        headers = [[name, value] for name, value in session.request.headers.raw_items()]
        await session.send(json.dumps(headers))
    elif path == "/open/fragments":
        await session.send([b"x"] * 11_000)
    elif path == "/open/long":
        await session.send("longer than eight")
    elif path == "/open/close":
        await session.close(4001, "that was all")
    elif path == "/open/closed":
        await session.send(json.dumps(CLOSED[-20:]))
    behaviour = {"/open/pieces": echo_in_pieces, "/open/counted": counted}.get(path, echo)
    try:
        await behaviour(session)
    finally:
        if path != "/open/closed":
            sent, received = session.protocol.close_sent, session.protocol.close_rcvd
            CLOSED.append([frame and [frame.code, frame.reason] for frame in (sent, received)])


def respond(connection, status, fields=(), text="refused\n"):
    response = connection.respond(status, text)
    for name, value in fields:
        response.headers[name] = value
    return response


def challenge(connection, algorithm, stale=False):
    nonce = hashlib.sha256(str(len(NONCES)).encode()).hexdigest()
    NONCES[nonce] = 0
    value = (
        f'Digest realm="{REALM.replace(chr(34), chr(92) + chr(34))}", qop="auth,auth-int", '
        f'nonce="{nonce}", opaque="x\\\\y", algorithm={algorithm}{", stale=true" if stale else ""}'
    )
    return respond(connection, HTTPStatus.UNAUTHORIZED, [("WWW-Authenticate", value)])


def digest(connection, request, algorithm):
    """RFC 7616, section 3.4."""
    hash_of = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}[algorithm]
    def hexed(text):
        return hash_of(text.encode()).hexdigest()

    answer = request.headers.get("Authorization")
    if answer is None:
        return challenge(connection, algorithm)
    answer = parse_keqv_list(parse_http_list(answer.removeprefix("Digest ")))
    nonce, count = answer["nonce"], int(answer["nc"], 16)
    if nonce not in NONCES:
        # Known before, and used up.
        return challenge(connection, algorithm, stale=True)
    secret = hexed(f"{USER}:{REALM}:{PASSWORD}")
    asked = hexed(f"GET:{request.path}")
    want = hexed(f"{secret}:{nonce}:{answer['nc']}:{answer['cnonce']}:auth:{asked}")
    good = (
        answer["response"] == want
        and answer["uri"] == request.path
        and answer["qop"] == "auth"
        and answer["username"] == USER
        and answer["opaque"] in ("x\\y", "x\\\\y")
        and answer["algorithm"] == algorithm
        and count == NONCES[nonce] + 1
    )
    if not good:
        return challenge(connection, algorithm)
    NONCES[nonce] = count
    if "once" in request.path:
        del NONCES[nonce]
    return None


def process(connection, request):
    path = request.path
    if path.startswith("/digest/"):
        return digest(connection, request, "MD5" if "/md5" in path else "SHA-256")
    if path.startswith("/basic"):
        check = basic_auth(realm="basic", credentials=(USER, PASSWORD))
        return check(connection, request)
    if path == "/moved":
        return respond(connection, HTTPStatus.FOUND, [("Location", "/open/echo?moved")])
    if path == "/teapot":
        return respond(connection, HTTPStatus.IM_A_TEAPOT, [("X-Pot", "1")], "short and stout\n")
    return None


def cookie(connection, request, response):
    if request.path == "/open/headers":
        response.headers["Set-Cookie"] = "jar=7; Path=/open; HttpOnly"


def choose(connection, offered):
    """The server's order; a client that offers none is welcome too."""
    return next((name for name in ["chat.v2", "chat.v1"] if name in offered), None)


async def main(port, tls_port, deflate_port, keeping_port, certificate, key):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    options = dict(
        process_request=process, process_response=cookie, max_size=None, select_subprotocol=choose,
        close_timeout=5,
    )
    plain = dict(options, compression=None)
    keeping = dict(plain, extensions=[ServerPerMessageDeflateFactory()])
    async with (
        serve(handler, "127.0.0.1", port, **plain),
        serve(handler, "127.0.0.1", tls_port, ssl=context, **plain),
        serve(handler, "127.0.0.1", deflate_port, **options),
        serve(handler, "127.0.0.1", keeping_port, **keeping),
    ):
        print("ready", flush=True)
        await asyncio.get_running_loop().create_future()


asyncio.run(main(*map(int, sys.argv[1:5]), *sys.argv[5:]))
