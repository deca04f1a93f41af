// Usage: node progress.mjs URL ERA TOOL
// Calls a tool with the official TypeScript client, which asks for progress, and prints lines of JSON: {"connected"},
// after which the arguments are a line on standard input; {"told": ...} for each notification; and at the end
// {"result": ..., "late": [...]} with what came after the answer.
import { createInterface } from "node:readline";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";

const MODES = { modern: { pin: "2026-07-28" }, legacy: "legacy" };

const [url, era, name] = process.argv.slice(2);
const client = new Client({ name: "weir-conformance", version: "1.0.0" }, { versionNegotiation: { mode: MODES[era] } });
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
const late = [];
let answered = false;
client.onerror = (error) => late.push(String(error));
await client.connect(new StreamableHTTPClientTransport(new URL(url)));
say({ connected: true });
for await (const line of createInterface({ input: process.stdin })) {
  const onprogress = (progress) => (answered ? late.push(progress) : say({ told: progress }));
  const result = await client.callTool({ name, arguments: JSON.parse(line) }, { onprogress });
  answered = true;
  await client.listTools();
  say({ result, late });
  break;
}
await client.close();
