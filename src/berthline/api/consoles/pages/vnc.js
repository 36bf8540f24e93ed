// A server's screen, by noVNC.

import RFB from "./novnc/core/rfb.js";
import { address, closed, place, tell } from "./page.js";

tell("connecting", "Connecting…");
const socket = new WebSocket(address(), ["binary"]);
socket.addEventListener("close", (event) => tell("closed", closed(event)));
const screen = new RFB(place, socket, { shared: true });
screen.scaleViewport = true;
screen.focusOnClick = true;
let name = "";
screen.addEventListener("desktopname", (event) => {
  name = event.detail.name;
  document.title = `${name} – noVNC console`;
});
screen.addEventListener("connect", () => {
  tell("connected", `Connected: ${name}`);
  screen.focus();
});
