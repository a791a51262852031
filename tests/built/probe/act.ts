/**
 * What a program must not be able to do, as code that tries it. An act that returns has succeeded.
 *
 * @module
 */

/** Written by the test into `places.json` of the folder that the command line names first. */
export interface Places {
  /** Given by the command line to be read; holds links that lead out of it (see `plantLinks()`). */
  readonly readable: string;
  /** Given by the command line to be written; the same. */
  readonly writable: string;
  /** Given by nothing: holds `secret.json`, `secret.txt`, `module.js`, `library.so` and what links lead to. */
  readonly outside: string;
  /** Home of the user who started the program; holds `.ssh/id_ed25519`. */
  readonly home: string;
  /** A library that the program may open. */
  readonly library: string;
  /** A folder of the program's own code. */
  readonly code: string;
  /** Ports of loopback at which the test listens. */
  readonly tcpPort: number;
  readonly udpPort: number;
  /** A socket at which the test listens. */
  readonly unixSocket: string;
  /** A process of the test's. */
  readonly otherPid: number;
}

export interface Act {
  readonly name: string;
  /** May return a promise. Where it throws, it was refused. */
  attempt(places: Places): unknown;
  /** "Name: message" of the error. */
  readonly refusal: RegExp;
  /** Ends or spoils the process: it has one of its own. Then `refusal` holds for its stderr. */
  readonly alone?: boolean;
  /** Deno's permissions let it pass: the kernel refuses it, where it has Landlock. */
  readonly byKernel?: boolean;
  /** Something else is in its way too: it does not succeed with every permission either. */
  readonly neverSucceeds?: boolean;
}

/** One line of what the probe prints. */
export type Result =
  | { readonly name: string; readonly refused: string }
  | { readonly name: string; readonly done: string };

/** What a refusal by Deno's permissions says. */
export const refused = {
  net: /^NotCapable: Requires net access/,
  read: /^NotCapable: Requires read access to/,
  write: /^NotCapable: Requires write access to/,
  run: /^NotCapable: Requires run access/,
  env: /^NotCapable: Requires env access/,
  sys: /^NotCapable: Requires sys access/,
  ffi: /^NotCapable: Requires ffi access/,
} as const;

/** What the kernel says (Landlock): Deno's own check, which goes by names, has let it pass. */
export const refusedByKernel = /^PermissionDenied: Permission denied \(os error 13\)/;

/** The module is found when it runs, not in the graph. */
export function load(specifier: string, type?: "json" | "text"): Promise<unknown> {
  return import(specifier, type === undefined ? undefined : { with: { type } });
}

/** First message of a worker, which is then ended; its error otherwise. */
export function firstMessage(worker: Worker): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  worker.onmessage = ({ data }) => resolve(data);
  worker.onerror = (event) => {
    event.preventDefault();
    reject(new Error(event.message));
  };
  return promise.finally(() => worker.terminate());
}
