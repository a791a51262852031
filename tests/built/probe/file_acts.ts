import fs from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { writeHeapSnapshot } from "node:v8";
import { type Act, type Places, refused, refusedByKernel } from "./act.ts";

const read = (what: string, path: (places: Places) => string): Act => ({
  name: `reading ${what}`,
  attempt: (places) => Deno.readTextFileSync(path(places)).length,
  refusal: refused.read,
});

const READ_ACTS: readonly Act[] = [
  read("/etc/passwd", () => "/etc/passwd"),
  read("a key in ~/.ssh", ({ home }) => `${home}/.ssh/id_ed25519`),
  read("/proc/self/environ", () => "/proc/self/environ"),
  read("/proc/self/maps", () => "/proc/self/maps"),
  read(
    "a file through /proc/self/root",
    ({ outside }) => `/proc/self/root${outside}/secret.json`,
  ),
  read("a file beside the folders", ({ outside }) => `${outside}/secret.json`),
  read("a file by .. out of a folder", ({ readable }) => `${readable}/../outside/secret.json`),
  {
    name: "opening /proc/self/mem",
    attempt: () => Deno.openSync("/proc/self/mem", { read: true, write: true }).close(),
    refusal: refused.read,
  },
  {
    name: "listing a folder outside",
    attempt: ({ outside }) => [...Deno.readDirSync(outside)].length,
    refusal: refused.read,
  },
  {
    name: "asking whether a file outside is there",
    attempt: ({ outside }) => Deno.statSync(`${outside}/secret.json`).size,
    refusal: refused.read,
  },
  {
    name: "reading by node:fs",
    attempt: ({ outside }) => fs.readFileSync(`${outside}/secret.json`, "utf8"),
    refusal: refused.read,
  },
  {
    name: "reading by a stream of node:fs",
    attempt: async ({ outside }) => {
      for await (const chunk of fs.createReadStream(`${outside}/secret.json`)) return chunk.length;
    },
    refusal: refused.read,
  },
  {
    name: "copying a file from outside",
    attempt: ({ outside, writable }) =>
      Deno.copyFileSync(`${outside}/secret.json`, `${writable}/copied`),
    refusal: refused.read,
  },
  {
    name: "fetch() of a file",
    attempt: async ({ outside }) => await (await fetch(`file://${outside}/secret.json`)).text(),
    refusal: refused.read,
  },
  {
    name: "watching a folder outside",
    attempt: ({ outside }) => Deno.watchFs(outside).close(),
    refusal: refused.read,
  },
  {
    name: "opening a file descriptor that is not its own",
    attempt: () => {
      for (let fd = 3; fd < 64; fd++) {
        try {
          return fs.fstatSync(fd).mode;
        } catch (error) {
          if ((error as { code?: string }).code !== "EBADF") throw error;
        }
      }
      throw new Error("EBADF everywhere");
    },
    refusal: /^Error: EBADF everywhere/,
    neverSucceeds: true,
  },
];

const WRITE_ACTS: readonly Act[] = [
  {
    name: "writing beside the folders",
    attempt: ({ outside }) => Deno.writeTextFileSync(`${outside}/written`, "x"),
    refusal: refused.write,
  },
  {
    name: "writing by node:fs",
    attempt: ({ outside }) => fs.writeFileSync(`${outside}/written-by-node`, "x"),
    refusal: /Requires (read|write) access/,
  },
  {
    name: "writing into a folder that may only be read",
    attempt: ({ readable }) => Deno.writeTextFileSync(`${readable}/written`, "x"),
    refusal: refused.write,
  },
  {
    name: "writing into its own code",
    attempt: ({ code }) => Deno.writeTextFileSync(`${code}/written`, "x"),
    refusal: refused.write,
  },
  {
    name: "a temporary file",
    attempt: () => Deno.removeSync(Deno.makeTempFileSync()),
    refusal: refused.write,
  },
  {
    name: "writing to /dev/null",
    attempt: () => Deno.openSync("/dev/null", { write: true }).close(),
    refusal: refused.write,
  },
  {
    name: "removing a file outside",
    attempt: ({ outside }) => Deno.removeSync(`${outside}/removable`),
    refusal: refused.write,
  },
  {
    name: "moving a file out of a folder",
    attempt: ({ writable, outside }) => {
      Deno.writeTextFileSync(`${writable}/moved`, "x");
      Deno.renameSync(`${writable}/moved`, `${outside}/moved`);
    },
    refusal: refused.write,
  },
  {
    name: "changing the mode of a file outside",
    attempt: ({ outside }) => Deno.chmodSync(`${outside}/secret.json`, 0o644),
    refusal: refused.write,
  },
  {
    name: "a database of node:sqlite outside",
    attempt: ({ outside }) => new DatabaseSync(`${outside}/base`).exec("create table t(a)"),
    refusal: /Requires (read|write) access/,
  },
  {
    name: "a heap snapshot outside",
    attempt: ({ outside }) => writeHeapSnapshot(`${outside}/heap`),
    refusal: refused.write,
  },
  {
    name: "storage of the web platform: localStorage",
    attempt: () => {
      localStorage.setItem("probe", "x");
      localStorage.removeItem("probe");
    },
    refusal: refusedByKernel,
    byKernel: true,
  },
  {
    name: "storage of the web platform: caches",
    attempt: async () => {
      const cache = await caches.open("probe");
      await cache.put("http://probe.invalid/", new Response("x"));
      await caches.delete("probe");
    },
    refusal: /Failed to create cache storage directory/,
    byKernel: true,
  },
];

const LINK_ACTS: readonly Act[] = [
  {
    name: "reading through a link to a file outside",
    attempt: ({ readable }) => Deno.readTextFileSync(`${readable}/link-to-file`),
    refusal: refusedByKernel,
    byKernel: true,
  },
  {
    name: "reading through a link to a folder outside",
    attempt: ({ readable }) => Deno.readTextFileSync(`${readable}/link-to-folder/secret.json`),
    refusal: refusedByKernel,
    byKernel: true,
  },
  {
    name: "writing through a link to a file outside",
    attempt: ({ writable }) => Deno.writeTextFileSync(`${writable}/link-to-old-file`, "x"),
    refusal: refusedByKernel,
    byKernel: true,
  },
  {
    name: "writing through a link to a folder outside",
    attempt: ({ writable }) => Deno.writeTextFileSync(`${writable}/link-to-folder/planted`, "x"),
    refusal: refusedByKernel,
    byKernel: true,
  },
  {
    name: "making a symbolic link that leads out",
    attempt: ({ outside, writable }) =>
      Deno.symlinkSync(`${outside}/secret.json`, `${writable}/symbolic`),
    refusal: /^NotCapable: .*(read|write)/,
  },
  {
    name: "making a symbolic link by node:fs",
    attempt: ({ outside, writable }) =>
      fs.symlinkSync(`${outside}/secret.json`, `${writable}/symbolic-by-node`),
    refusal: /(read|write) access|--allow-read/,
  },
  {
    name: "making a hard link to a file outside",
    attempt: ({ outside, writable }) => Deno.linkSync(`${outside}/secret.json`, `${writable}/hard`),
    refusal: refused.read,
  },
  {
    name: "making a hard link outside to a file of a folder",
    attempt: ({ readable, outside }) => Deno.linkSync(`${readable}/places.json`, `${outside}/hard`),
    refusal: /^NotCapable: Requires (read|write) access/,
  },
  {
    name: "chdir() to the root and a relative path",
    attempt: () => {
      Deno.chdir("/");
      return Deno.readTextFileSync("etc/passwd").length;
    },
    refusal: refused.read,
    alone: true,
  },
  {
    name: "chdir() into a folder and .. out of it",
    attempt: ({ readable }) => {
      Deno.chdir(readable);
      return Deno.readTextFileSync("../outside/secret.json").length;
    },
    refusal: refused.read,
    alone: true,
  },
];

export const FILE_ACTS: readonly Act[] = [...READ_ACTS, ...WRITE_ACTS, ...LINK_ACTS];
