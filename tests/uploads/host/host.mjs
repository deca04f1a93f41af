// A host of MCP Apps: the official client calls a tool, and the official bridge shows its widget in a sandbox.
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { AppBridge, PostMessageTransport, getToolUiResourceUri } from "@modelcontextprotocol/ext-apps/app-bridge";

window.log = { calls: [], links: [], told: [], sizes: [], errors: [] };

// Some hosts hand on a result's text alone.
const textOf = ({ content, isError }) => ({ content, isError });

window.present = async ({ url, sandbox, tool, input, theme, textOnly }) => {
  const handed = textOnly ? textOf : (whole) => whole;
  const client = new Client({ name: "basic-host", version: "1.0.0" });
  await client.connect(new StreamableHTTPClientTransport(new URL(url)));
  const { tools } = await client.listTools();
  const uri = getToolUiResourceUri(tools.find((one) => one.name === tool));
  const { contents: [resource] } = await client.readResource({ uri });
  const result = await client.callTool({ name: tool, arguments: input });
  const csp = resource._meta.ui.csp;
  const frame = document.createElement("iframe");
  frame.title = "widget";
  const capabilities = { openLinks: {}, serverTools: {}, updateModelContext: { text: {} } };
  const bridge = new AppBridge(client, { name: "basic-host", version: "1.0.0" }, capabilities, {
    hostContext: { theme, displayMode: "inline", locale: "en", styles: { variables: { "--font-sans": "sans-serif" } } },
  });
  const ready = new Promise((resolve) => { bridge.onsandboxready = resolve; });
  const initialized = new Promise((resolve) => { bridge.oninitialized = resolve; });
  bridge.onsizechange = ({ height }) => { window.log.sizes.push(height); frame.style.height = `${height}px`; };
  bridge.onopenlink = async ({ url: link }) => { window.log.links.push(link); return { isError: Boolean(window.refusesLinks) }; };
  bridge.onupdatemodelcontext = async ({ content }) => { window.log.told.push(content[0].text); return {}; };
  bridge.onerror = (error) => window.log.errors.push(String(error));
  frame.src = `${sandbox}?connect=${encodeURIComponent((csp.connectDomains || []).join(" "))}`;
  document.querySelector("main").replaceChildren(frame);
  await bridge.connect(new PostMessageTransport(frame.contentWindow, frame.contentWindow));
  // Only now: connecting has the bridge pass calls on by itself.
  bridge.oncalltool = async (params) => { window.log.calls.push(params); return handed(await client.callTool(params)); };
  await ready;
  await bridge.sendSandboxResourceReady({ html: resource.text, csp });
  await initialized;
  window.again = async (next) => {
    await bridge.sendToolInput({ arguments: next });
    await bridge.sendToolResult(await client.callTool({ name: tool, arguments: next }));
  };
  window.dress = (context) => bridge.sendHostContextChange(context);
  await bridge.sendToolInput({ arguments: input });
  await bridge.sendToolResult(handed(result));
  return { uri, mimeType: resource.mimeType, meta: resource._meta, size: resource.text.length, result: result.structuredContent };
};
