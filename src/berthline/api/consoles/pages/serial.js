// A server's serial console, by xterm.js.

import { address, closed, place, tell } from "./page.js";

// xterm.js writes style sheets, which the page's policy allows with the nonce alone.
const nonce = document.querySelector("script[nonce]").nonce;
const make = document.createElement.bind(document);
document.createElement = (name, ...more) => {
  const element = make(name, ...more);
  if (name === "style") element.nonce = nonce;
  return element;
};

const { Terminal } = await import("./xterm/lib/xterm.mjs");
const { FitAddon } = await import("./xterm-fit/lib/addon-fit.mjs");

tell("connecting", "Connecting…");
const terminal = new Terminal({ cursorBlink: true, scrollback: 5000 });
const fit = new FitAddon();
terminal.loadAddon(fit);
terminal.open(place);
fit.fit();
addEventListener("resize", () => fit.fit());

const socket = new WebSocket(address(), ["binary"]);
socket.binaryType = "arraybuffer";
const encoder = new TextEncoder();
terminal.onData((text) => socket.readyState === WebSocket.OPEN && socket.send(encoder.encode(text)));
socket.addEventListener("open", () => {
  tell("connected", "Connected. Press Enter if the guest is silent.");
  terminal.focus();
});
socket.addEventListener("message", (event) => terminal.write(new Uint8Array(event.data)));
socket.addEventListener("close", (event) => tell("closed", closed(event)));
