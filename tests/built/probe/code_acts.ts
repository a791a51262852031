import { createRequire } from "node:module";
import process from "node:process";
import vm from "node:vm";
import { Worker as NodeWorker } from "node:worker_threads";
import { type Act, firstMessage, load, refused } from "./act.ts";

const moduleText = (code: string) => `data:text/javascript,${encodeURIComponent(code)}`;

const IMPORT_ACTS: readonly Act[] = [
  {
    name: "importing a module by HTTP",
    attempt: ({ tcpPort }) => load(`http://127.0.0.1:${tcpPort}/module.js`),
    refusal: /Requires import access|no-remote|remote/i,
  },
  {
    name: "importing a module of deno.land",
    attempt: () => load("https://deno.land/std/version.ts"),
    refusal: /Requires import access|no-remote|remote/i,
    neverSucceeds: true,
  },
  {
    name: "importing a package of JSR",
    attempt: () => load("jsr:@std/path"),
    refusal: /Requires import access/,
    neverSucceeds: true,
  },
  {
    name: "importing a package that is not inside",
    attempt: () => load("npm:left-pad@1.3.0"),
    refusal: /not found in cache|matching package|ERR_INVALID_PACKAGE_CONFIG/,
    neverSucceeds: true,
  },
  {
    name: "importing a file outside",
    attempt: ({ outside }) => load(`file://${outside}/module.js`),
    refusal: /Requires read access/,
  },
  {
    name: "importing JSON outside",
    attempt: ({ outside }) => load(`file://${outside}/secret.json`, "json"),
    refusal: /Requires read access/,
  },
  {
    name: "importing text outside",
    attempt: () => load("file:///etc/passwd", "text"),
    refusal: /Requires read access/,
  },
  {
    name: "importing a module that it wrote and that imports what is outside",
    attempt: async ({ outside, writable }) => {
      const code = `export { default } from "${outside}/secret.json" with { type: "json" };`;
      await Deno.writeTextFile(`${writable}/written.js`, code);
      return await load(`file://${writable}/written.js`);
    },
    refusal: /Requires read access/,
  },
  {
    name: "importing through a link that leads out",
    attempt: ({ readable }) => load(`file://${readable}/link-to-folder/secret.json`, "json"),
    refusal: /Permission denied \(os error 13\)/,
    byKernel: true,
  },
  {
    name: "require() of a file outside",
    attempt: ({ outside }) => createRequire(import.meta.url)(`${outside}/secret.json`),
    refusal: /Requires read access/,
  },
];

const CODE_ACTS: readonly Act[] = [
  {
    name: "reading from a data: module",
    attempt: () => load(moduleText(`Deno.readTextFileSync("/etc/passwd")`)),
    refusal: refused.read,
  },
  {
    name: "reading from a context of node:vm",
    attempt: () =>
      vm.runInNewContext(
        `this.constructor.constructor("return Deno")().readTextFileSync("/etc/passwd")`,
      ),
    refusal: refused.read,
  },
  {
    name: "reading from new Function()",
    attempt: () => new Function(`return Deno.readTextFileSync("/etc/passwd")`)(),
    refusal: refused.read,
  },
  {
    name: "reading from a worker",
    attempt: () =>
      firstMessage(
        new Worker(moduleText(`postMessage(Deno.readTextFileSync("/etc/passwd").length)`), {
          type: "module",
        }),
      ),
    refusal: /Requires read access/,
  },
  {
    name: "a worker whose module is outside",
    attempt: ({ outside }) =>
      firstMessage(new Worker(`file://${outside}/module.js`, { type: "module" })),
    refusal: /Requires read access/,
  },
  {
    name: "a worker of node:worker_threads",
    attempt: async () => {
      const worker = new NodeWorker(`require("fs").readFileSync("/etc/passwd")`, { eval: true });
      await new Promise((resolve, reject) => worker.on("exit", resolve).on("error", reject));
    },
    refusal: /Requires read access/,
  },
  {
    name: "a worker with more permissions than its parent",
    attempt: async () => {
      const options = { type: "module", deno: { permissions: { net: true, read: true } } } as const;
      await firstMessage(new Worker(moduleText("postMessage(1)"), options));
    },
    // Not there without --unstable-worker-options; with it: "Can't escalate parent thread permissions".
    refusal: /unstable-worker-options|escalate parent thread/,
    alone: true,
    neverSucceeds: true,
  },
  {
    name: "process.dlopen() of a library",
    attempt: ({ outside }) => process.dlopen({ exports: {} }, `${outside}/library.so`),
    refusal: refused.ffi,
    neverSucceeds: true, // it is no module of Node's
  },
  {
    name: "require() of a native module",
    attempt: ({ outside }) => createRequire(import.meta.url)(`${outside}/library.node`),
    refusal: /Requires (read|ffi) access/,
    neverSucceeds: true,
  },
];

export const CODE_AND_IMPORT_ACTS: readonly Act[] = [...IMPORT_ACTS, ...CODE_ACTS];
