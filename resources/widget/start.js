// What the host says, and the handshake.
host.heard["tool-input"] = () => {
  // Another call of the tool: nothing of the one before may stay.
  rest();
  Object.assign(order, { enrichment: null, mapping: {}, columns: [], ready: false, asked: order.asked + 1 });
  at("per-row").value = at("wish").value = "";
  for (const section of document.querySelectorAll("section")) section.hidden = true;
  say("Waiting for the assistant.");
};

host.heard["tool-result"] = (result) => {
  const said = contentOf(result);
  if (!said || !said.data) {
    say(said && said.error ? `${said.error.message} ${said.error.fix || ""}` : "There is nothing to show.", true);
    return;
  }
  session.upload = said.data.upload_id;
  if (said.data.mapping) looked(said.data, said.warnings || []);
  else bring(said.data);
};

host.heard["tool-cancelled"] = () => say("The assistant took the request back.");
host.heard["host-context-changed"] = dress;
host.heard.end = rest;

// Takes on the colours and language of the host.
function dress(context) {
  const root = document.documentElement;
  if (context.theme) root.dataset.theme = context.theme;
  if (context.locale) root.lang = context.locale;
  for (const [name, value] of Object.entries(context.styles?.variables || {})) {
    if (value) root.style.setProperty(name, value);
  }
}

function measure() {
  const { width, height } = document.querySelector("main").getBoundingClientRect();
  host.notify("ui/notifications/size-changed", { width: Math.ceil(width), height: Math.ceil(height) });
}

host.ask("ui/initialize", {
  protocolVersion: "2026-01-26",
  appInfo: { name: "weir-upload", version: "1.0.0" },
  appCapabilities: { availableDisplayModes: ["inline"] },
}, 20).then((said) => {
  host.capabilities = said.hostCapabilities || {};
  dress(said.hostContext || {});
}).catch((error) => say(error.message, true)).finally(() => {
  // Hosts send nothing before this, so it is sent whatever became of the handshake.
  host.notify("ui/notifications/initialized");
  new ResizeObserver(measure).observe(document.querySelector("main"));
});
