/**
 * File operations as they happened, and every state that a crash after any of them may leave: a
 * killed process leaves all that was done, a power cut any subset of the names that no folder sync
 * had made fast. File contents are there when their name is, for they are synced before they get it;
 * a file cut short stands for one that was still being written.
 *
 * @module
 */
import { basename } from "node:path";
import { sha256Hex } from "../../src/core/mod.ts";

export type Names = ReadonlyMap<string, Uint8Array>;

type Operation =
  | { readonly kind: "names"; readonly label: string; readonly set: readonly NameChange[] }
  | { readonly kind: "sync folder"; readonly label: string };
/** null: the name is gone. */
type NameChange = readonly [name: string, content: Uint8Array | null];

export interface CrashState {
  readonly label: string;
  readonly names: Names;
  /** Operations that certainly happened before it. */
  readonly afterOperation: number;
}

/** Works on one real folder and takes notes. */
export class RecordingDisk {
  readonly operations: Operation[] = [];
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async writeSynced(path: string, bytes: Uint8Array): Promise<void> {
    await Deno.writeFile(path, bytes, { createNew: true });
    this.#note(`write ${basename(path)}`, [[path, bytes.slice()]]);
  }

  async sync(path: string): Promise<void> {
    if (path === this.#folder) {
      this.operations.push({ kind: "sync folder", label: "sync folder" });
    } else this.#note(`write ${basename(path)}`, [[path, await Deno.readFile(path)]]);
  }

  async rename(from: string, to: string): Promise<void> {
    const content = await Deno.readFile(from);
    await Deno.rename(from, to);
    this.#note(`rename ${basename(from)} to ${basename(to)}`, [[from, null], [to, content]]);
  }

  async remove(path: string): Promise<void> {
    await Deno.remove(path);
    this.#note(`remove ${basename(path)}`, [[path, null]]);
  }

  #note(label: string, changes: readonly NameChange[]): void {
    const set = changes.map(([path, content]) => [basename(path), content] as const);
    this.operations.push({ kind: "names", label, set });
  }
}

export async function readNames(folder: string): Promise<Map<string, Uint8Array>> {
  const names = new Map<string, Uint8Array>();
  for await (const { name } of Deno.readDir(folder)) {
    names.set(name, await Deno.readFile(`${folder}/${name}`));
  }
  return names;
}

/** Makes the folder hold exactly these. */
export async function writeNames(folder: string, names: Names): Promise<void> {
  for await (const { name } of Deno.readDir(folder)) await Deno.remove(`${folder}/${name}`);
  for (const [name, content] of names) await Deno.writeFile(`${folder}/${name}`, content);
}

function applied(names: Names, operations: readonly Operation[]): Map<string, Uint8Array> {
  const out = new Map(names);
  for (const operation of operations) {
    if (operation.kind !== "names") continue;
    for (const [name, content] of operation.set) {
      if (content === null) out.delete(name);
      else out.set(name, content);
    }
  }
  return out;
}

/** Every state, each once. */
export function crashStates(before: Names, operations: readonly Operation[]): CrashState[] {
  const found = new Map<string, CrashState>();
  const add = (state: CrashState) => {
    const key = [...state.names].map(([name, bytes]) => `${name} ${sha256Hex(bytes)}`).sort()
      .join();
    if (!found.has(key)) found.set(key, state);
  };
  for (let end = 0; end <= operations.length; end++) {
    const done = operations.slice(0, end);
    const label = `after ${end} (${done.at(-1)?.label ?? "nothing"})`;
    add({ label: `killed ${label}`, names: applied(before, done), afterOperation: end });
    const next = operations[end];
    if (next?.kind === "names" && next.label.startsWith("write")) {
      const [[name, content]] = next.set;
      const half = content!.subarray(0, content!.length >> 1);
      const torn = applied(before, done).set(name, half);
      add({ label: `killed in ${next.label}`, names: torn, afterOperation: end });
    }
    const fast = done.findLastIndex(({ kind }) => kind === "sync folder") + 1;
    const open = done.slice(fast);
    for (let kept = 0; kept < 2 ** open.length; kept++) {
      const some = open.filter((_, i) => (kept >> i) % 2 === 1);
      const names = applied(before, [...done.slice(0, fast), ...some]);
      const which = some.map((operation) => operation.label).join(", ");
      add({ label: `power cut ${label}, kept: ${which}`, names, afterOperation: fast });
    }
  }
  return [...found.values()];
}
