// Usage: node elicitation.mjs URL ERA ACTION TOOL ARGUMENTS
// Calls a tool with the official TypeScript client while a person answers every form with ACTION (accept, decline or
// cancel), and prints one line of JSON: the messages of the forms, and the result.
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";

const MODES = { modern: { pin: "2026-07-28" }, legacy: "legacy" };

const [url, era, action, name, given] = process.argv.slice(2);
const client = new Client(
  { name: "weir-conformance", version: "1.0.0" },
  { versionNegotiation: { mode: MODES[era] }, capabilities: { elicitation: { form: {} } } },
);
const asked = [];
client.setRequestHandler("elicitation/create", async ({ params }) => {
  asked.push(params.message);
  return action === "accept" ? { action, content: { approve: true } } : { action };
});
await client.connect(new StreamableHTTPClientTransport(new URL(url)));
const result = await client.callTool({ name, arguments: JSON.parse(given) });
process.stdout.write(`${JSON.stringify({ asked, result })}\n`);
await client.close();
