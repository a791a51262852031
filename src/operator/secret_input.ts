/**
 * Passphrases and keys of a person: from the terminal without an echo, or from a descriptor; never from the
 * command line or a variable, which other processes can read.
 *
 * @module
 */
import { NativeError, option, UsageError } from "../core/mod.ts";
import { forbidCoreDumps, openDevice, readDescriptor } from "../native/device/mod.ts";

const SECRET_BYTES_MAX = 4096;
const STDIN = 0;
const DESCRIPTORS = { minimum: 0, maximum: 1023 };

export const PASSPHRASE_OPTION = {
  passphraseFd: option.count({
    ...DESCRIPTORS,
    placeholder: "FD",
    default: STDIN,
    help:
      "descriptor from which the passphrase is read, one a line (3 with 3<FILE in the shell); 0 asks " +
      "on a terminal, without showing it",
  }),
} as const;

export const KEY_FD_OPTION = option.count({
  ...DESCRIPTORS,
  placeholder: "FD",
  help: "descriptor from which a secret key in minisign's format is read, in place of --key",
});

/** Secrets as bytes that are overwritten when it is disposed of. */
class Secrets implements Disposable {
  readonly lines: readonly Uint8Array<ArrayBuffer>[];

  constructor(lines: readonly Uint8Array<ArrayBuffer>[]) {
    this.lines = lines;
  }

  [Symbol.dispose](): void {
    for (const line of this.lines) line.fill(0);
  }
}

/**
 * `prompts`: what is asked for on a terminal, one after the other; elsewhere as many lines are read.
 *
 * @throws UsageError where fewer come
 */
export function readPassphrases(descriptor: number, prompts: readonly string[]): Secrets {
  forbidCores();
  const isAsked = descriptor === STDIN && Deno.stdin.isTerminal();
  const lines = isAsked ? prompts.map(askHidden) : linesOf(readAll(descriptor));
  if (lines.length < prompts.length || lines.some((line) => line.length === 0)) {
    for (const line of lines) line.fill(0);
    const found =
      `${lines.length} of ${prompts.length} passphrases came from descriptor ${descriptor}`;
    throw new UsageError(`${found} (${prompts.join(", then ")}; one a line)`);
  }
  return new Secrets(lines.slice(0, prompts.length));
}

/** All text of a descriptor. The caller forgets it as soon as it can. */
export function readSecretText(descriptor: number): string {
  forbidCores();
  const bytes = readAll(descriptor);
  try {
    return new TextDecoder().decode(bytes);
  } finally {
    bytes.fill(0);
  }
}

function forbidCores(): void {
  using device = openDevice();
  forbidCoreDumps(device);
}

function readAll(descriptor: number): Uint8Array<ArrayBuffer> {
  using device = openDevice();
  try {
    return readDescriptor(device, descriptor, SECRET_BYTES_MAX);
  } catch (cause) {
    if (!(cause instanceof NativeError)) throw cause;
    throw new UsageError(`Cannot read a secret from descriptor ${descriptor}: ${cause.message}`, {
      cause,
    });
  }
}

/** Without their ends; a last line without one counts. `bytes` is overwritten. */
function linesOf(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer>[] {
  const lines = [];
  for (let from = 0; from < bytes.length;) {
    const newline = bytes.indexOf(0x0a, from);
    const end = newline === -1 ? bytes.length : newline;
    lines.push(bytes.slice(from, bytes[end - 1] === 0x0d && end > from ? end - 1 : end));
    from = end + 1;
  }
  bytes.fill(0);
  return lines;
}

/** What a person types, without an echo. */
function askHidden(prompt: string): Uint8Array<ArrayBuffer> {
  const say = (text: string) => Deno.stderr.writeSync(new TextEncoder().encode(text));
  const typed = new Uint8Array(SECRET_BYTES_MAX), key = new Uint8Array(1);
  let length = 0;
  say(`${prompt}: `);
  Deno.stdin.setRaw(true);
  try {
    while (length < typed.length && Deno.stdin.readSync(key) === 1) {
      if (key[0] === 0x0d || key[0] === 0x0a || key[0] === 0x04) break;
      if (key[0] === 0x03) throw new UsageError("stopped");
      if (key[0] !== 0x7f && key[0] !== 0x08) typed[length++] = key[0];
      // A character of several bytes goes as a whole.
      else while (length > 0 && (typed[--length] & 0xc0) === 0x80);
    }
    return typed.slice(0, length);
  } finally {
    Deno.stdin.setRaw(false);
    typed.fill(0);
    key.fill(0);
    say("\n");
  }
}
