// Usage: node signed_in.mjs PACKAGE URL ERA [DOCUMENT]
// Connects with an official TypeScript client to a server that people sign in to. Says what a person has to open in a
// browser, {"open": url}, and {"connected": true} once that is done. Then calls the tools on standard input, one a line
// ({"name": ..., "arguments": {...}}), and answers each with {"result": ...}. A client that is not let in any more
// starts over: {"open": url} once more, and the call is repeated. Ends with standard input.
import { createServer } from "node:http";
import { randomUUID } from "node:crypto";
import { createInterface } from "node:readline";

const PACKAGES = {
  v2: ["@modelcontextprotocol/client"],
  v1: ["client/index.js", "client/streamableHttp.js", "client/auth.js"].map((path) => `@modelcontextprotocol/sdk/${path}`),
};
const MODES = { modern: { pin: "2026-07-28" }, legacy: "legacy" };

const [name, url, era, document] = process.argv.slice(2);
const modules = await Promise.all(PACKAGES[name].map((path) => import(path)));
const { Client, StreamableHTTPClientTransport, UnauthorizedError } = Object.assign({}, ...modules);
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

let heard;
let answered = new Promise((resolve) => (heard = resolve));
const listener = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url, "http://127.0.0.1");
  if (pathname === "/callback") heard(searchParams);
  response.end("You can close this window.");
});
await new Promise((resolve) => listener.listen(0, "127.0.0.1", resolve));
const redirectUrl = `http://127.0.0.1:${listener.address().port}/callback`;

const kept = {};
const authProvider = {
  redirectUrl,
  clientMetadataUrl: document,
  clientMetadata: {
    client_name: "Scripted client",
    redirect_uris: [redirectUrl],
    grant_types: ["authorization_code", "refresh_token"],
    token_endpoint_auth_method: "none",
  },
  state: () => (kept.state = randomUUID()),
  clientInformation: () => kept.client,
  saveClientInformation: (client) => void (kept.client = client),
  tokens: () => kept.tokens,
  saveTokens: (tokens) => void (kept.tokens = tokens),
  codeVerifier: () => kept.verifier,
  saveCodeVerifier: (verifier) => void (kept.verifier = verifier),
  redirectToAuthorization: (address) => void say({ open: address.href }),
  invalidateCredentials(scope) {
    if (scope === "all" || scope === "client") delete kept.client;
    if (scope === "all" || scope === "tokens") delete kept.tokens;
  },
};

// Runs `work` with a transport; where that is not let in, again with another one, once the person has answered.
async function admitted(transport, work) {
  try {
    return await work(transport);
  } catch (error) {
    if (!(error instanceof UnauthorizedError)) throw error;
    const answer = await answered;
    answered = new Promise((resolve) => (heard = resolve));
    if (answer.get("state") !== kept.state) throw new Error("The answer is for another question.");
    await transport.finishAuth(answer.get("code"), answer.get("iss") ?? undefined);
    return null;
  }
}

let session;
async function connected() {
  while (!session) {
    const transport = new StreamableHTTPClientTransport(new URL(url), { authProvider });
    const client = new Client({ name: "scripted", version: "1.0.0" }, { versionNegotiation: { mode: MODES[era] } });
    if (await admitted(transport, async () => (await client.connect(transport), true))) session = { client, transport };
  }
  return session;
}

async function call(params) {
  for (;;) {
    const { client, transport } = await connected();
    const result = await admitted(transport, () => client.callTool(params));
    if (result) return result;
    session = undefined;
  }
}

await connected();
say({ connected: true });
for await (const line of createInterface({ input: process.stdin })) say({ result: await call(JSON.parse(line)) });
process.exit(0);
