// Usage: node client.mjs URL ERA
// Connects with the official TypeScript client and says what was negotiated, as one line of JSON. Then carries out the
// requests on standard input, one a line ({"method": "callTool", "params": {...}}), and answers each with a line:
// {"result": ...}, or {"error": {"code", "message", "data"}} where the client threw. Ends with standard input.
import { createInterface } from "node:readline";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";

const MODES = { modern: { pin: "2026-07-28" }, legacy: "legacy" };

const [url, era] = process.argv.slice(2);
const client = new Client({ name: "weir-conformance", version: "1.0.0" }, { versionNegotiation: { mode: MODES[era] } });
await client.connect(new StreamableHTTPClientTransport(new URL(url)));

const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

say({ protocol: client.getNegotiatedProtocolVersion(), server: client.getServerVersion() });
for await (const line of createInterface({ input: process.stdin })) {
  const { method, params } = JSON.parse(line);
  try {
    say({ result: await client[method](params) });
  } catch (error) {
    say({ error: { code: error.code ?? null, message: String(error.message ?? error), data: error.data ?? null } });
  }
}
await client.close();
