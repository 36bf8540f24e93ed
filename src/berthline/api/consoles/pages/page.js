// What both pages share: where the console is, the leave to open it, and the line that says how it stands.

const status = document.getElementById("status");

export const place = document.getElementById("console");

// The token stands in the address as OpenStack's clients expect it: within `path`, or as `token`. It is good once, and
// is taken out of the address, so that it is in no history.
export function address() {
  const asked = decodeURIComponent(location.search);
  const token = /[?&]token=([A-Za-z0-9_-]{1,100})/.exec(asked)?.[1] ?? "";
  history.replaceState(null, "", location.pathname);
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  return `${scheme}://${location.host}${location.pathname}?token=${token}`;
}

export function tell(state, words) {
  document.documentElement.dataset.state = state;
  status.textContent = words;
}

// What to say of a console whose socket closed so.
export function closed(event) {
  return event.reason ? `${LOST} (${event.reason})` : LOST;
}

const LOST = "The console is closed. Its address opens it once: ask for a new one to open it again.";
