// Tries the test server with the npm package `ws`, and with a plain socket where a client must
// misbehave:
//
//     node node_client.mjs PORT KEEPING_PORT
//
// One line a check; the exit status is non-zero when one failed. The server at KEEPING_PORT agrees on
// any context takeover.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import net from "node:net";
import { WebSocket } from "ws";
import { run, within } from "./checks.mjs";

const [port, keepingPort] = process.argv.slice(2).map(Number);
const MIB = 1 << 20;

async function open(path = "/echo", protocols = [], { at = port, ...options } = {}) {
  const socket = new WebSocket(`ws://127.0.0.1:${at}${path}`, protocols, {
    perMessageDeflate: false, maxPayload: 0, handshakeTimeout: 10_000, ...options,
  });
  socket.queue = [];
  socket.on("message", (data, isBinary) => {
    socket.queue.push(isBinary ? data : data.toString());
    socket.emit("queued");
  });
  socket.on("upgrade", response => { socket.agreed = response.headers["sec-websocket-extensions"]; });
  socket.on("close", (code, reason) => { socket.closed = [code, reason.toString()]; });
  await within(10_000, "open", once(socket, "open"));
  return socket;
}

async function receive(socket) {
  while (socket.queue.length === 0) {
    if (socket.closed) throw new Error(`closed: ${socket.closed}`);
    await within(30_000, "message", Promise.race([once(socket, "queued"), once(socket, "close")]));
  }
  return socket.queue.shift();
}

async function echo(socket, message) {
  socket.send(message);
  const reply = await receive(socket);
  if (typeof message === "string") assert.equal(reply, message);
  else assert.ok(reply.equals(message), `reply of ${reply.length} bytes differs`);
}

async function closing(socket) {
  if (!socket.closed) await within(10_000, "close", once(socket, "close"));
  return socket.closed;
}

async function text() {
  const socket = await open();
  for (const message of ["hello", "", "žluťoučký kůň", "𝕳𝖊𝖑𝖑𝖔 🦀", "\0", "x".repeat(126)]) {
    await echo(socket, message);
  }
  socket.terminate();
}

async function binary() {
  const socket = await open();
  for (const size of [0, 1, 125, 126, 127, 65535, 65536, 65537]) {
    await echo(socket, randomBytes(size));
  }
  socket.terminate();
}

async function large() {
  const socket = await open();
  await echo(socket, randomBytes(16 * MIB));
  await echo(socket, "é".repeat(8 * MIB));
  socket.terminate();
}

async function fragments() {
  const socket = await open();
  for (const [part, fin] of [["Hel", false], ["lo ", false], ["", false], ["world", true]]) {
    socket.send(part, { fin });
  }
  assert.equal(await receive(socket), "Hello world");
  const crab = Buffer.from("🦀");
  socket.send(crab.subarray(0, 1), { binary: false, fin: false });
  socket.send(crab.subarray(1), { binary: false, fin: true });
  assert.equal(await receive(socket), "🦀");
  socket.terminate();
}

async function frames() {
  // `ws` shows messages only; its receiver asks for the head of each frame, and again without one.
  const socket = await open("/", ["echo"]);
  let frames = 0;
  const getInfo = socket._receiver.getInfo;
  socket._receiver.getInfo = function (...args) {
    if (this._bufferedBytes >= 2) frames += 1;
    return getInfo.apply(this, args);
  };
  for (const [part, fin] of [["a", false], ["b", false], ["c", true]]) socket.send(part, { fin });
  assert.equal(await receive(socket), "abc");
  assert.equal(frames, 3);
  socket.terminate();
}

async function ping() {
  const socket = await open();
  for (const payload of ["", "x", "y".repeat(125)]) {
    const begin = performance.now();
    socket.ping(payload);
    const [data] = await within(5_000, "pong", once(socket, "pong"));
    assert.equal(data.toString(), payload);
    assert.ok(performance.now() - begin < 1_000, "a pong took a second");
  }
  socket.terminate();
}

async function closeCodes() {
  const codes = [[1000, ""], [1000, "bye"], [1001, ""], [3000, "é"], [4999, "x".repeat(123)]];
  for (const [code, reason] of codes) {
    const socket = await open();
    socket.close(code, reason);
    assert.deepEqual(await closing(socket), [code, reason]);
  }
  const socket = await open();
  socket.close();
  assert.deepEqual(await closing(socket), [1005, ""], "an empty Close is answered by an empty one");
}

async function closeByServer() {
  const socket = await open("/", ["org.ietf.websocket.test-echo-assemble"]);
  socket.send(randomBytes(65_537));
  assert.equal((await closing(socket))[0], 1009);
}

async function subprotocols() {
  for (const [offer, want] of [
    [["echo"], "echo"],
    [["nonsense", "echo-fragment", "echo"], "echo-fragment"],
    [["org.ietf.websocket.test-echo"], "org.ietf.websocket.test-echo"],
    [["echo-broadcast-ping"], "echo-broadcast-ping"],
    [[], ""],
  ]) {
    const socket = await open("/", offer);
    assert.equal(socket.protocol, want);
    socket.terminate();
  }
}

const compressed = [
  "compress me ".repeat(100),
  "",
  "short",
  randomBytes(3000),
  "compress me ".repeat(100),
  Buffer.concat([Buffer.from("far"), randomBytes(40_000), Buffer.from("far apart".repeat(5000))]),
];

/** Exchanges what may be compressed, also in pieces with a ping between them. */
async function exchange(socket) {
  for (const message of compressed) await echo(socket, message);
  for (const [part, fin] of [["in ", false], ["pieces ", false], ["in pieces".repeat(50), true]]) {
    socket.send(part, { fin });
    if (!fin) socket.ping("between");
  }
  assert.equal(await receive(socket), `in pieces ${"in pieces".repeat(50)}`);
  socket.send("as it is", { compress: false });
  assert.equal(await receive(socket), "as it is");
}

async function compression() {
  const socket = await open("/echo", [], { perMessageDeflate: { threshold: 0 } });
  assert.equal(
    socket.agreed,
    "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
  );
  await exchange(socket);
  socket.terminate();
}

async function compressionParameters() {
  const bits = [8, 9, 10, 11, 12, 13, 14, 15];
  for (const serverMaxWindowBits of bits) {
    for (const clientMaxWindowBits of bits) {
      for (const flags of [0, 1, 2, 3]) {
        const perMessageDeflate = {
          serverMaxWindowBits,
          clientMaxWindowBits,
          serverNoContextTakeover: (flags & 1) !== 0,
          clientNoContextTakeover: (flags & 2) !== 0,
          threshold: 0,
        };
        const socket = await open("/echo", [], { at: keepingPort, perMessageDeflate });
        assert.match(socket.agreed, new RegExp(`server_max_window_bits=${serverMaxWindowBits}`));
        await exchange(socket);
        socket.terminate();
      }
    }
  }
}

async function refused() {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/nowhere`);
  const [, response] = await within(5_000, "response", once(socket, "unexpected-response"));
  assert.equal(response.statusCode, 404);
  response.destroy();
}

async function unmasked() {
  const socket = net.connect(port, "127.0.0.1");
  socket.write(
    `GET /echo HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\n` +
    "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" +
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
  );
  socket.write(Buffer.from([0x81, 1, 0x78]));
  const chunks = [];
  socket.on("data", chunk => chunks.push(chunk));
  await within(10_000, "end", once(socket, "end"));
  const wire = Buffer.concat(chunks);
  const frame = wire.subarray(wire.indexOf("\r\n\r\n") + 4);
  assert.equal(frame[0], 0x88);
  assert.equal(frame.readUInt16BE(2), 1002);
  socket.destroy();
}

await run("node", [
  ["/echo returns text of every script, and empty text", text],
  ["/echo returns bytes around every border of the length coding", binary],
  ["/echo returns 16 MiB of bytes and of text", large],
  ["/echo puts a fragmented message together, also when a code point is split", fragments],
  ["subprotocol `echo` keeps three frames three frames", frames],
  ["a ping is answered with its payload", ping],
  ["a close code and its reason come back as they were sent", closeCodes],
  ["the server closes with 1009 above the limit of `echo-assemble`", closeByServer],
  ["the first subprotocol of the client that the server knows is chosen", subprotocols],
  ["by default messages are compressed, each by itself", compression],
  ["every combination of windows and contexts carries messages both ways", compressionParameters],
  ["an unknown path is 404", refused],
  ["an unmasked frame is answered by 1002 and the end of the stream", unmasked],
]);
