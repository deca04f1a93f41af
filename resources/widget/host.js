// The host, by JSON-RPC over postMessage (MCP Apps, 2026-01-26).
const host = { capabilities: {}, heard: {} };
{
  const waiting = new Map();
  let last = 0;
  const post = (message) => parent.postMessage({ jsonrpc: "2.0", ...message }, "*");

  host.notify = (method, params = {}) => post({ method, params });

  host.ask = (method, params, seconds = 120) => new Promise((resolve, reject) => {
    const id = ++last;
    const late = setTimeout(() => { waiting.delete(id); reject(new Error("The assistant does not answer.")); }, seconds * 1000);
    waiting.set(id, { resolve, reject, late });
    post({ id, method, params });
  });

  // What a tool of the server answers, or an Error with its sentence and what to do.
  host.call = async (name, given) => {
    // Hosts follow tasks and show questions for calls of their model, and refuse both as answers to a widget's.
    const result = await host.ask("tools/call", { name, arguments: given, _meta: { "weir/widget": true } });
    const said = contentOf(result);
    if (said && said.error) {
      const text = [said.error.message, said.error.fix].filter(Boolean).join(" ");
      throw Object.assign(new Error(text), { field: said.error.field });
    }
    if (result.isError || !said || !said.data) throw new Error("The assistant could not pass the request on.");
    return said;
  };

  host.open = async (url) => {
    if (!host.capabilities.openLinks) window.open(url, "_blank", "noopener");
    else if ((await host.ask("ui/open-link", { url }))?.isError) throw new Error(`The assistant does not open the link: ${url}`);
  };

  // Tells the model what the person did here, where the host takes that.
  host.tell = (text) => {
    if (host.capabilities.updateModelContext) {
      host.ask("ui/update-model-context", { content: [{ type: "text", text }] }).catch(() => {});
    }
  };

  const answers = { ping: () => ({}), "ui/resource-teardown": () => { host.heard.end?.(); return {}; } };

  addEventListener("message", (event) => {
    const message = event.data;
    if (event.source !== parent || !message || message.jsonrpc !== "2.0") return;
    if (message.method && message.id !== undefined) {
      const answer = answers[message.method];
      post(answer ? { id: message.id, result: answer() } : { id: message.id, error: { code: -32601, message: "Method not found" } });
    } else if (message.method) {
      host.heard[message.method.replace("ui/notifications/", "")]?.(message.params || {});
    } else if (waiting.has(message.id)) {
      const { resolve, reject, late } = waiting.get(message.id);
      waiting.delete(message.id);
      clearTimeout(late);
      if (message.error) reject(new Error(message.error.message));
      else resolve(message.result);
    }
  });
}

// The structured content of a tool's result; some hosts pass on only its text, which holds the same.
function contentOf(result) {
  if (result.structuredContent) return result.structuredContent;
  const text = (result.content || []).find((part) => part.type === "text");
  try {
    return JSON.parse(text.text);
  } catch {
    return null;
  }
}
