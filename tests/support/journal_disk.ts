/**
 * A disk in memory that remembers the order of writes, syncs, creations, renames and folder syncs,
 * and can say what a power cut would leave. It fails when told to.
 *
 * @module
 */
import type { Disk, DiskFile } from "../../src/flight/flight_recorder/contract.ts";

export type DiskAction =
  | "write"
  | "sync"
  | "truncate"
  | "create"
  | "rename"
  | "remove"
  | "syncFolder"
  | "makeFolder";

/** A change of a file's bytes that may not be on the disk. */
export type Change =
  | { readonly kind: "write"; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: "truncate"; readonly length: number };

/** A file as such, whatever its names are. */
export class Inode {
  /** What a power cut leaves for certain. */
  durable: Uint8Array = new Uint8Array(0);
  unsynced: Change[] = [];
  length = 0;

  get bytes(): Uint8Array {
    return applied(this.durable, this.unsynced);
  }
}

/** A change of a folder that may not be on the disk: all of its names or none; null removes one. */
export interface NameChange {
  readonly folder: string;
  readonly names: readonly (readonly [path: string, inode: Inode | null])[];
}

export class JournalDisk implements Disk {
  /** Names as programs see them, and as a power cut leaves them for certain. */
  readonly names = new Map<string, Inode>();
  readonly durableNames = new Map<string, Inode>();
  unsyncedNames: NameChange[] = [];
  /** Called before each action; it may throw the disk's error. A write may be cut to some bytes. */
  before: (action: DiskAction, path: string, bytes?: number) => number | void = () => {};
  /** Called after each action that a power cut may follow. */
  after: (action: DiskAction, path: string) => void = () => {};

  makeFolder(path: string): void {
    this.before("makeFolder", path);
  }

  create(path: string): DiskFile {
    this.before("create", path);
    if (this.names.has(path)) throw new Deno.errors.AlreadyExists(path);
    const inode = new Inode();
    this.#name([path, inode]);
    this.after("create", path);
    return new JournalFile(this, path, inode);
  }

  rename(from: string, to: string): void {
    this.before("rename", from);
    const inode = this.#inode(from);
    this.#name([to, inode], [from, null]);
    this.after("rename", to);
  }

  remove(path: string): void {
    this.before("remove", path);
    if (!path.includes(".mcap") && !path.includes(".jpg")) return;
    this.#inode(path);
    this.#name([path, null]);
    this.after("remove", path);
  }

  syncFolder(path: string): void {
    this.before("syncFolder", path);
    for (const change of this.unsyncedNames) {
      if (change.folder === path) rename(this.durableNames, change);
    }
    this.unsyncedNames = this.unsyncedNames.filter((change) => change.folder !== path);
    this.after("syncFolder", path);
  }

  sizeOf(path: string): number {
    return this.#inode(path).length;
  }

  read(path: string): Uint8Array {
    return this.#inode(path).bytes;
  }

  #inode(path: string): Inode {
    const inode = this.names.get(path);
    if (inode === undefined) throw new Deno.errors.NotFound(path);
    return inode;
  }

  #name(...names: [path: string, inode: Inode | null][]): void {
    const [[path]] = names;
    const change = { folder: path.slice(0, path.lastIndexOf("/")), names };
    rename(this.names, change);
    this.unsyncedNames.push(change);
  }
}

/** Makes the change to a table of names. */
export function rename(table: Map<string, Inode>, change: NameChange): void {
  for (const [path, inode] of change.names) {
    if (inode === null) table.delete(path);
    else table.set(path, inode);
  }
}

class JournalFile implements DiskFile {
  readonly #disk: JournalDisk;
  readonly #path: string;
  readonly #inode: Inode;
  #open = true;

  constructor(disk: JournalDisk, path: string, inode: Inode) {
    this.#disk = disk;
    this.#path = path;
    this.#inode = inode;
  }

  write(bytes: Uint8Array): void {
    if (!this.#open) throw new Error(`${this.#path} is closed`);
    let fault: unknown, count = bytes.length;
    try {
      this.#disk.before("write", this.#path, bytes.length);
    } catch (error) {
      fault = error;
      // What a real disk may do: a part of it is there.
      count = Math.floor(bytes.length / 3);
    }
    const at = this.#inode.length;
    this.#inode.unsynced.push({ kind: "write", at, bytes: bytes.slice(0, count) });
    this.#inode.length += count;
    this.#disk.after("write", this.#path);
    if (fault !== undefined) throw fault;
  }

  sync(): void {
    this.#disk.before("sync", this.#path);
    this.#inode.durable = this.#inode.bytes;
    this.#inode.unsynced = [];
    this.#disk.after("sync", this.#path);
  }

  truncate(length: number): void {
    this.#disk.before("truncate", this.#path);
    this.#inode.unsynced.push({ kind: "truncate", length });
    this.#inode.length = length;
    this.#disk.after("truncate", this.#path);
  }

  close(): void {
    this.#open = false;
  }
}

/** Bytes never written lie between writes as zeros. */
export function applied(durable: Uint8Array, changes: readonly Change[]): Uint8Array {
  let bytes = durable;
  for (const change of changes) {
    if (change.kind === "truncate") bytes = resized(bytes, change.length);
    else {
      const length = Math.max(bytes.length, change.at + change.bytes.length);
      bytes = resized(bytes, length);
      bytes.set(change.bytes, change.at);
    }
  }
  return bytes;
}

function resized(bytes: Uint8Array, length: number): Uint8Array {
  const result = new Uint8Array(length);
  result.set(bytes.subarray(0, length));
  return result;
}
