// A server's screen, by noVNC.

import RFB from "./novnc/core/rfb.js";
import { address, LOST, place, tell } from "./page.js";

tell("connecting", "Connecting…");
const screen = new RFB(place, address(), { shared: true, wsProtocols: ["binary"] });
screen.scaleViewport = true;
screen.focusOnClick = true;
screen.addEventListener("connect", () => {
  tell("connected", "Connected.");
  screen.focus();
});
screen.addEventListener("desktopname", (event) => {
  document.title = `${event.detail.name} – noVNC console`;
});
screen.addEventListener("disconnect", () => tell("closed", LOST));
