// Usage: node client.mjs URL ERA < calls.json
// Connects with the official TypeScript client, lists the tools, makes the calls of the JSON array on standard input
// ([{"name", "arguments"}, ...]) one after the other, and prints what it saw as one JSON document.
import { text } from "node:stream/consumers";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";

const MODES = { modern: { pin: "2026-07-28" }, legacy: "legacy" };

async function converse(client, calls) {
  const { tools } = await client.listTools();
  const results = [];
  for (const call of calls) results.push(await client.callTool(call));
  return {
    protocol: client.getNegotiatedProtocolVersion(),
    server: client.getServerVersion(),
    tools: tools.map(({ name }) => name),
    results: results.map(({ content, structuredContent, isError }) => ({
      text: content.map((block) => block.text).join(""),
      structured: structuredContent,
      failed: isError ?? false,
    })),
  };
}

const [url, era] = process.argv.slice(2);
const calls = JSON.parse(await text(process.stdin));
const client = new Client({ name: "weir-conformance", version: "1.0.0" }, { versionNegotiation: { mode: MODES[era] } });
await client.connect(new StreamableHTTPClientTransport(new URL(url)));
try {
  console.log(JSON.stringify(await converse(client, calls)));
} finally {
  await client.close();
}
