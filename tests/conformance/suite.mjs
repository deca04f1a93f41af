// Usage: node suite.mjs COMMAND [OPTION...]
// The command line of the official conformance suite. It imports `globSync`, which Node.js has since version 22, for
// commands that are not used here, so older versions are given a module in which it is there and undefined.
import fs from "node:fs";
import { register } from "node:module";

const module = (source) => `data:text/javascript,${encodeURIComponent(source)}`;
const files = module('export * from "node:fs"; export { default } from "node:fs"; export const globSync = undefined;');
const hook = module(`
  export const resolve = (specifier, context, next) =>
    specifier === "fs" && context.parentURL?.includes("/@modelcontextprotocol/conformance/")
      ? { url: ${JSON.stringify(files)}, shortCircuit: true }
      : next(specifier, context);
`);

if (!fs.globSync) register(hook);
await import("@modelcontextprotocol/conformance/dist/index.js");
