/**
 * Why a line is not there, for the person who named its address.
 *
 * @module
 */
import { messageOf } from "../../core/mod.ts";

/** By what the runtime and Node's datagram sockets have in their messages. */
const WORDS: readonly (readonly [RegExp, string])[] = [
  [/os error 98\b|EADDRINUSE/, "another program has the port: end it, or choose another port"],
  [/os error 99\b|EADDRNOTAVAIL/, "this computer has no such address: name one of its own"],
  [/os error 13\b|EACCES/, "the system does not permit it: ports below 1024 are its own"],
  [/os error 111\b|ECONNREFUSED/, "nobody listens there"],
  [/os error (101|113)\b|ENETUNREACH|EHOSTUNREACH/, "no network leads there"],
  [/lookup address|ENOTFOUND|EAI_AGAIN/, "no host has that name: check it, or name the address"],
];

export function lineFaultText(error: unknown): string {
  const said = messageOf(error);
  return WORDS.find(([pattern]) => pattern.test(said))?.[1] ?? said;
}
