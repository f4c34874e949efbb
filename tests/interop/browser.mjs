// Tries the chat pages in headless Chromium:
//
//     node browser.mjs SERVER CHAT OUT
//
// SERVER is the `ws-container` binary, CHAT the chat example, OUT the folder for the screenshot.
// One line a check; the exit status is non-zero when one failed.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { openSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import http from "node:http";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";
import { run, within } from "./checks.mjs";

const [serverBinary, chatBinary, out] = process.argv.slice(2);
const log = openSync(join(out, "browser.log"), "a");
const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
const WAIT = 10_000; // ms for anything the page is to show
const MARKUP = "<b>x</b><img src=x onerror=alert(1)>";

/** Starts a server and waits for its `listening on` line. */
async function start(command, ...args) {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", log] });
  const lines = createInterface({ input: child.stdout });
  const port = await within(WAIT, `${command} listening`, (async () => {
    for await (const line of lines) {
      const [, port] = line.match(/^listening on ws:\/\/.*:(\d+)$/) ?? [];
      if (port) return Number(port);
    }
    throw new Error(`${command} ended without listening`);
  })());
  const url = `http://127.0.0.1:${port}/`;
  return {
    port, url,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, "exit");
      child.kill("SIGTERM");
      const [code] = await within(WAIT, "exit", ended);
      assert.equal(code, 0, "exit status after SIGTERM");
    },
  };
}

const server = (port = 0) => start(serverBinary, "test-server", "--port", `${port}`);
const chat = (port = 0) => start(chatBinary, "--port", `${port}`);

let context;

async function launch() {
  const profile = await mkdtemp(join(tmpdir(), "ws-browser-"));
  context = await chromium.launchPersistentContext(profile, {
    executablePath,
    headless: true,
    args: [
      "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
      "--disable-background-networking", "--disable-component-update", "--disable-sync",
    ],
    viewport: { width: 900, height: 700 },
  });
  context.setDefaultTimeout(WAIT);
  return async () => {
    await context.close();
    await rm(profile, { recursive: true, force: true });
  };
}

/** A tab on `url`. Errors of its scripts and of its content policy fail the check. */
async function tab(url) {
  const page = await context.newPage();
  page.problems = [];
  page.on("pageerror", error => page.problems.push(error.message));
  page.on("dialog", dialog => {
    page.problems.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  page.on("console", message => {
    // A lost connection is part of the tests; a refused script or style is not.
    if (/Content.Security.Policy/i.test(message.text())) page.problems.push(message.text());
  });
  await page.goto(url);
  return page;
}

async function joinAs(page, name, room) {
  await page.getByLabel("User name").fill(name);
  if (room) await page.getByLabel("Room").fill(room);
  await page.getByRole("button", { name: "Join" }).click();
  await page.getByRole("log").waitFor();
}

async function say(page, text) {
  await page.getByLabel("Message", { exact: true }).fill(text);
  await page.keyboard.press("Enter");
}

/** Waits for a line of the log that is exactly `line`. */
async function sees(page, line) {
  await page.waitForFunction(
    line => [...document.querySelectorAll("#log li")].some(item => item.textContent === line), line,
  );
}

async function done(...pages) {
  for (const page of pages) {
    assert.deepEqual(page.problems, []);
    await page.close();
  }
}

/** Two tabs talk; what they type stays text; one leaves. */
async function conversation(url, shot, room) {
  const alice = await tab(url), bob = await tab(url);
  await joinAs(alice, "alice", room);
  await sees(alice, "alice has joined!");
  await joinAs(bob, "b:o%3A:b", room);
  await sees(alice, "b:o%3A:b has joined!");
  await sees(bob, "b:o%3A:b has joined!");
  await say(alice, "Hello, Bob: how are you?");
  await sees(bob, "alice: Hello, Bob: how are you?");
  await say(bob, MARKUP);
  await sees(alice, `b:o%3A:b: ${MARKUP}`);
  assert.equal(await alice.locator("#log b, #log img").count(), 0, "markup became elements");
  if (shot) await alice.screenshot({ path: join(out, shot) });
  await bob.getByRole("button", { name: "Leave" }).click();
  await sees(alice, "b:o%3A:b has left!");
  await bob.getByRole("button", { name: "Join" }).waitFor();
  await done(alice, bob);
}

async function testServerPage() {
  const served = await server();
  await conversation(served.url);
  await served.stop();
}

async function chatExample() {
  const served = await chat();
  await conversation(served.url, "chat.png", "tea & cake/?#");
  const inside = await tab(served.url), outside = await tab(served.url);
  await joinAs(inside, "ann", "one");
  await joinAs(outside, "otto", "two");
  await say(outside, "unheard");
  await sees(outside, "otto: unheard");
  await say(inside, "last");
  await sees(inside, "ann: last");
  assert.doesNotMatch(await inside.getByRole("log").innerText(), /unheard/, "rooms leak");
  await done(inside, outside);
  await served.stop();
}

async function serverStops() {
  let served = await server();
  const page = await tab(served.url);
  await joinAs(page, "alice");
  await sees(page, "alice has joined!");
  const port = served.port;
  await served.stop();
  const again = page.getByRole("button", { name: "Reconnect" });
  await again.waitFor();
  assert.match(await page.getByRole("status").innerText(), /code 1001/);
  await page.screenshot({ path: join(out, "closed.png") });
  served = await server(port);
  await again.click();
  await sees(page, "alice has joined!");
  await done(page);
  await served.stop();
}

async function keyboardOnly() {
  const served = await server();
  const page = await tab(served.url);
  await page.keyboard.type("kay");
  await page.keyboard.press("Enter");
  await sees(page, "kay has joined!");
  await page.keyboard.type("no mouse");
  await page.keyboard.press("Enter");
  await sees(page, "kay: no mouse");
  await done(page);
  await served.stop();
}

async function withoutWebSocket() {
  const served = await server();
  const page = await context.newPage();
  await page.addInitScript(() => { delete window.WebSocket; });
  await page.goto(served.url);
  await page.getByRole("alert").waitFor();
  assert.match(await page.getByRole("alert").innerText(), /no WebSocket/);
  assert.equal(await page.getByRole("button", { name: "Join" }).isVisible(), false);
  await page.close();
  await served.stop();
}

/** A proxy that serves `target` under `/some/where/`. */
async function proxy(target) {
  const strip = url => url.replace(/^\/some\/where(?=\/)/, "");
  const proxy = http.createServer((request, response) => {
    const onward = http.request(
      { port: target, path: strip(request.url), headers: request.headers },
      answer => {
        response.writeHead(answer.statusCode, answer.headers);
        answer.pipe(response);
      },
    );
    onward.on("error", () => response.destroy());
    request.pipe(onward);
  });
  proxy.on("upgrade", (request, socket, head) => {
    const onward = net.connect(target, "127.0.0.1", () => {
      const headers = [];
      for (let n = 0; n < request.rawHeaders.length; n += 2) {
        headers.push(`${request.rawHeaders[n]}: ${request.rawHeaders[n + 1]}\r\n`);
      }
      onward.write(`GET ${strip(request.url)} HTTP/1.1\r\n${headers.join("")}\r\n`);
      onward.write(head);
      socket.pipe(onward).pipe(socket);
    });
    onward.on("error", () => socket.destroy());
    socket.on("error", () => onward.destroy());
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  return proxy;
}

async function underSubPath() {
  const served = await chat();
  const behind = await proxy(served.port);
  await conversation(`http://127.0.0.1:${behind.address().port}/some/where/`, undefined, "deep");
  behind.closeAllConnections();
  behind.close();
  await served.stop();
}

const close = await launch();
await run("browser", [
  ["two tabs chat on the test server's page; markup stays text; one leaves", testServerPage],
  ["two tabs chat in a room of the chat example; another room hears nothing", chatExample],
  ["when the server stops the page is back at the prompt with code 1001 and reconnects", serverStops],
  ["the keyboard is enough", keyboardOnly],
  ["a browser without WebSocket is told so", withoutWebSocket],
  ["the page works under a sub-path behind a proxy", underSubPath],
], close);
