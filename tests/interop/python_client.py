"""Tries the test server with the `websockets` package and, where a client must misbehave, with a
plain socket.

    python_client.py PORT KEEPING_PORT

One line a check; the exit status is non-zero when one failed. The server at KEEPING_PORT agrees on any
context takeover.
"""

import asyncio
import inspect
import itertools
import os
import socket
import struct
import sys
import time

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory
from websockets.frames import Opcode

PORT, KEEPING_PORT = (int(port) for port in sys.argv[1:])
DEADLINE = 60  # seconds a check may take
MIB = 1 << 20
CHECKS = []


def check(function):
    """Marks a check; its docstring is what the report says."""
    CHECKS.append(function)
    return function


def open_session(path="/echo", port=PORT, **options):
    options.setdefault("compression", None)
    options.setdefault("max_size", None)
    return connect(f"ws://127.0.0.1:{port}{path}", proxy=None, **options)


async def echo(session, message):
    await session.send(message)
    reply = await session.recv()
    assert type(reply) is type(message), f"sent {type(message)}, got {type(reply)}"
    assert reply == message, f"reply of {len(reply)} differs from message of {len(message)}"


@check
async def text():
    """/echo returns text of every script, and empty text"""
    async with open_session() as session:
        for message in ["hello", "", "žluťoučký kůň", "𝕳𝖊𝖑𝖑𝖔 🦀", "\0", "x" * 125, "x" * 126]:
            await echo(session, message)


@check
async def binary():
    """/echo returns bytes around every border of the length coding"""
    async with open_session() as session:
        for size in [0, 1, 125, 126, 127, 65535, 65536, 65537]:
            await echo(session, os.urandom(size))


@check
async def large():
    """/echo returns 16 MiB of bytes and of text"""
    async with open_session() as session:
        await echo(session, os.urandom(16 * MIB))
        await echo(session, "é" * (8 * MIB))


@check
async def above_limit():
    """/echo closes with 1009 when a message exceeds 64 MiB"""
    async with open_session() as session:
        try:
            await session.send(bytes(64 * MIB + 1))
            await session.recv()
        except ConnectionClosed as closed:
            assert closed.rcvd.code == 1009, closed.rcvd
        else:
            raise AssertionError("the message was accepted")


@check
async def fragments():
    """/echo puts a fragmented message together, also when a code point is split"""
    async with open_session() as session:
        await session.send(["Hel", "lo ", "", "wor", "ld"])
        assert await session.recv() == "Hello world"
        parts = [bytes([byte]) for byte in "🦀é".encode()]
        await session.send(parts, text=True)
        assert await session.recv() == "🦀é"
        await session.send([bytes([n]) * n for n in range(200)])
        assert await session.recv() == b"".join(bytes([n]) * n for n in range(200))


@check
async def ping():
    """a ping is answered, also while a message is unfinished"""
    async with open_session() as session:
        for payload in [b"", b"x", bytes(125)]:
            pong = await session.ping(payload)
            latency = await asyncio.wait_for(pong, 5)
            assert 0 <= latency < 1, f"latency {latency}"

        async def parts():
            yield "before, "
            await asyncio.wait_for(await session.ping(b"between"), 5)
            yield "after"

        await session.send(parts())
        assert await session.recv() == "before, after"


@check
async def in_order():
    """10,000 messages sent without waiting come back in order"""
    async with open_session() as session:
        async def send():
            for n in range(10_000):
                await session.send(str(n))

        sending = asyncio.create_task(send())
        for n in range(10_000):
            assert await session.recv() == str(n)
        await sending


@check
async def close_codes():
    """a close code and its reason come back as they were sent"""
    for code, reason in [(1000, ""), (1000, "bye"), (1001, ""), (3000, "é"), (4999, "x" * 123)]:
        session = await open_session()
        await session.close(code, reason)
        assert (session.close_code, session.close_reason) == (code, reason)


@check
async def close_by_server():
    """the close that the server begins carries a code and is answered"""
    async with open_session("/", subprotocols=["echo-assemble"]) as session:
        await session.send(bytes(65_537))
        try:
            await session.recv()
        except ConnectionClosed as closed:
            assert closed.rcvd.code == 1009, closed.rcvd
            assert closed.rcvd_then_sent
        else:
            raise AssertionError("65,537 bytes were accepted")


@check
async def subprotocols():
    """the first subprotocol of the client that the server knows is chosen"""
    for offer, want in [
        (["echo"], "echo"),
        (["nonsense", "echo-fragment", "echo"], "echo-fragment"),
        (["echo", "echo-fragment"], "echo"),
        (["org.ietf.websocket.test-echo-broadcast"], "org.ietf.websocket.test-echo-broadcast"),
        (["lws-mirror-protocol"], "lws-mirror-protocol"),
        (["nonsense"], None),
        (None, None),
    ]:
        async with open_session("/", subprotocols=offer) as session:
            assert session.subprotocol == want, f"{offer}: {session.subprotocol}"


@check
async def broadcast():
    """/broadcast sends every message to all, the sender included, in one order"""
    sessions = [await open_session("/broadcast") for _ in range(5)]
    # Who hears itself is a member.
    for number, session in enumerate(sessions):
        await session.send(f"{number}")
        while await session.recv() != f"{number}":
            pass
    await asyncio.gather(*(sessions[n % 5].send(f"{n}") for n in range(100, 200)))
    heard = []
    for session in sessions:
        received = []
        while len(received) < 100:
            message = await session.recv()
            if int(message) >= 100:
                received.append(message)
        heard.append(received)
    assert sorted(heard[0], key=int) == [f"{n}" for n in range(100, 200)]
    assert all(received == heard[0] for received in heard), "the order differs"
    for session in sessions:
        await session.close()


@check
async def compression():
    """by default messages are compressed, each by itself"""
    async with open_session(compression="deflate") as session:
        answer = session.response.headers["Sec-WebSocket-Extensions"]
        assert answer == (
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
        ), answer
        for message in COMPRESSED:
            await exchange(session, message)


COMPRESSED = [
    "compress me " * 100,
    "",
    "short",
    ["in ", "pieces ", "", "in pieces" * 50],
    os.urandom(3000),
    "compress me " * 100,
    b"far apart" + os.urandom(40_000) + b"far apart" * 5000,
]


async def exchange(session, message):
    """As `echo`, for what may be sent in pieces."""
    await session.send(message)
    whole = message[0][:0].join(message) if isinstance(message, list) else message
    assert await session.recv() == whole


@check
async def compression_parameters():
    """every combination of windows and contexts carries messages both ways"""
    # zlib compresses with no window of 8 bits.
    combinations = itertools.product(range(8, 16), range(9, 16), [False, True], [False, True])
    for server_bits, client_bits, server_fresh, client_fresh in combinations:
        factory = ClientPerMessageDeflateFactory(
            server_no_context_takeover=server_fresh,
            client_no_context_takeover=client_fresh,
            server_max_window_bits=server_bits,
            client_max_window_bits=client_bits,
        )
        async with open_session(port=KEEPING_PORT, extensions=[factory]) as session:
            answer = session.response.headers["Sec-WebSocket-Extensions"]
            assert f"server_max_window_bits={server_bits}" in answer, answer
            for message in COMPRESSED:
                await exchange(session, message)


@check
async def compressed_bomb():
    """a bomb is answered by 1009 before it goes off"""
    session = await open_session("/", subprotocols=["echo-assemble"], compression="deflate")
    try:
        await session.send("\0" * (200 * MIB))
        await session.recv()
    except ConnectionClosed as closed:
        assert closed.rcvd.code == 1009, closed.rcvd
    else:
        raise AssertionError("200 MiB were accepted")


class Raw:
    """A connection without a client library."""

    def __init__(self, path="/echo"):
        self.socket = socket.create_connection(("127.0.0.1", PORT), timeout=10)
        self.socket.sendall(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{PORT}\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
        )
        self.input = self.socket.makefile("rb")
        status = self.input.readline()
        assert b" 101 " in status, status
        while self.input.readline() != b"\r\n":
            pass

    def close_code(self):
        """Reads frames until a Close, then the end of the stream."""
        while True:
            first, second = self.input.read(2)
            length = second & 0x7F
            if length == 126:
                (length,) = struct.unpack("!H", self.input.read(2))
            body = self.input.read(length)
            if first & 0x0F == Opcode.CLOSE:
                break
        assert self.input.read() == b"", "bytes behind the Close frame"
        return struct.unpack("!H", body[:2])[0]


def masked(first, payload):
    """A short frame by hand: the package would refuse to send most of these. The key is zero."""
    return bytes([first, 0x80 | len(payload)]) + bytes(4) + payload


FIN, RSV1 = 0x80, 0x40

INVALID = [
    ("an unmasked frame", b"\x81\x01x", 1002),
    ("RSV1 without an extension", masked(FIN | RSV1 | Opcode.TEXT, b"x"), 1002),
    ("a reserved opcode", masked(FIN | 3, b""), 1002),
    ("a ping of 126 bytes", b"\x89\xfe\x00\x7e" + bytes(4 + 126), 1002),
    ("a fragmented ping", masked(Opcode.PING, b""), 1002),
    ("a continuation of nothing", masked(FIN | Opcode.CONT, b"x"), 1002),
    ("text inside text", masked(Opcode.TEXT, b"x") + masked(FIN | Opcode.TEXT, b"x"), 1002),
    ("text that is not UTF-8", masked(FIN | Opcode.TEXT, b"\xff"), 1007),
    ("half a surrogate pair", masked(FIN | Opcode.TEXT, b"\xed\xa0\x80"), 1007),
    ("the close code 1005", masked(FIN | Opcode.CLOSE, struct.pack("!H", 1005)), 1002),
    ("half a close code", masked(FIN | Opcode.CLOSE, b"\x03"), 1002),
]


@check
def invalid():
    """every violation is answered by its close code and the end of the stream"""
    for name, wire, want in INVALID:
        raw = Raw()
        raw.socket.sendall(wire)
        got = raw.close_code()
        assert got == want, f"{name}: {got} instead of {want}"


async def run(function):
    if inspect.iscoroutinefunction(function):
        await asyncio.wait_for(function(), DEADLINE)
    else:
        await asyncio.wait_for(asyncio.to_thread(function), DEADLINE)


def main():
    failed = 0
    for function in CHECKS:
        begin = time.monotonic()
        try:
            asyncio.run(run(function))
        except Exception as error:  # any failure is a failed check
            failed += 1
            print(f"FAIL  python: {function.__doc__}: {type(error).__name__}: {error}", flush=True)
        else:
            seconds = time.monotonic() - begin
            print(f"ok    python: {function.__doc__} ({seconds:.1f} s)", flush=True)
    sys.exit(failed > 0)


main()
