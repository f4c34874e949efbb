// A server of the npm package `ws` that the client is tried with:
//
//     node node_server.mjs PORT      prints `ready`, and serves until it is ended

import { WebSocketServer } from "ws";

const server = new WebSocketServer({
  host: "127.0.0.1",
  port: Number(process.argv[2]),
  perMessageDeflate: false,
  maxPayload: 0,
  handleProtocols: protocols => (protocols.has("chat.v1") ? "chat.v1" : false),
});

server.on("connection", (socket, request) => {
  socket.on("error", () => {});
  if (request.url === "/open/headers") {
    const raw = request.rawHeaders;
    const pairs = raw.flatMap((name, at) => (at % 2 === 0 ? [[name, raw[at + 1]]] : []));
    socket.send(JSON.stringify(pairs));
  } else if (request.url === "/open/fragments") {
    for (let n = 1; n <= 11_000; n += 1) socket.send(Buffer.from("x"), { fin: n === 11_000 });
  } else if (request.url === "/open/long") {
    socket.send("longer than eight");
  } else if (request.url === "/open/close") {
    socket.close(4001, "that was all");
  }
  socket.on("message", (data, binary) => socket.send(data, { binary }));
});

server.on("headers", (headers, request) => {
  if (request.url === "/open/headers") headers.push("Set-Cookie: jar=7; Path=/open; HttpOnly");
});

server.on("listening", () => console.log("ready"));
