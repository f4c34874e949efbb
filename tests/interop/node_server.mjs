// Servers of the npm package `ws` that the client is tried with:
//
//     node node_server.mjs PORT DEFLATE_PORT
//
// It prints `ready`, and serves until it is ended. At DEFLATE_PORT every message is compressed.

import { WebSocketServer } from "ws";

const [port, deflatePort] = process.argv.slice(2).map(Number);

function serve(port, perMessageDeflate) {
  const server = new WebSocketServer({
    host: "127.0.0.1",
    port,
    perMessageDeflate,
    maxPayload: 0,
    handleProtocols: protocols => (protocols.has("chat.v1") ? "chat.v1" : false),
  });
  server.on("connection", handle);
  server.on("headers", (headers, request) => {
    if (request.url === "/open/headers") headers.push("Set-Cookie: jar=7; Path=/open; HttpOnly");
  });
  return new Promise(resolve => server.on("listening", resolve));
}

function handle(socket, request) {
  socket.on("error", () => {});
  let reply = (data, binary) => socket.send(data, { binary });
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
  } else if (request.url === "/open/pieces") {
    reply = (data, binary) => {
      for (let at = 0; at === 0 || at < data.length; at += 1000) {
        const fin = at + 1000 >= data.length;
        socket.send(data.subarray(at, at + 1000), { binary, fin });
      }
    };
  } else if (request.url === "/open/counted") {
    // An echo that tells how many bytes went over the wire when it is asked for `traffic`.
    const { bytesRead, bytesWritten } = request.socket;
    const counts = () => [request.socket.bytesRead - bytesRead, request.socket.bytesWritten - bytesWritten];
    reply = (data, binary) => {
      const asked = !binary && data.toString() === "traffic";
      socket.send(asked ? JSON.stringify(counts()) : data, { binary });
    };
  }
  socket.on("message", reply);
}

await Promise.all([serve(port, false), serve(deflatePort, { threshold: 0 })]);
console.log("ready");
