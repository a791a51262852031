/**
 * MSP2_COMMON_SETTING_INFO of iNav: what a setting is, and its value. Facts of its public sources
 * (`mspSettingInfoCommand` in fc_msp.c, releases 3 to 9).
 *
 * @module
 */
import { MSP_MESSAGES } from "./messages.ts";

/** A setting whose values have names, as `get` of the command line shows them. */
interface NamedSetting {
  readonly name: string;
  /** Of every value, from 0 on. */
  readonly words: readonly string[];
  readonly value: number;
}

const MODE_LOOKUP = 1 << 6;
/** Parameter group, type, section, mode, least and largest value, index, profile, profiles. */
const HEAD_BYTES = 2 + 1 + 1 + 1 + 4 + 4 + 2 + 1 + 1;

/** Function and payload of the request. */
export function settingRequest(name: string): { function: number; payload: Uint8Array } {
  return {
    function: MSP_MESSAGES.MSP2_COMMON_SETTING_INFO.id,
    payload: new TextEncoder().encode(`${name}\0`),
  };
}

/** The name in a request; empty where it has none. */
export function requestedSetting(payload: Uint8Array): string {
  return wordAt(payload, 0)?.word ?? "";
}

export function encodeNamedSetting({ name, words, value }: NamedSetting): Uint8Array {
  const text = (word: string) => new TextEncoder().encode(`${word}\0`);
  const head = new Uint8Array(HEAD_BYTES);
  const view = new DataView(head.buffer);
  head[4] = MODE_LOOKUP;
  view.setUint32(9, words.length - 1, true);
  return new Uint8Array([text(name), head, ...words.map(text), Uint8Array.of(value)]
    .flatMap((part) => [...part]));
}

/** Undefined where the bytes are no answer of that form, or the value has no name. */
export function decodeNamedSetting(payload: Uint8Array): NamedSetting | undefined {
  const name = wordAt(payload, 0);
  if (name === undefined || payload.length < name.end + HEAD_BYTES) return undefined;
  const view = new DataView(payload.buffer, payload.byteOffset + name.end, HEAD_BYTES);
  if ((view.getUint8(4) & MODE_LOOKUP) === 0 || view.getInt32(5, true) !== 0) return undefined;
  const count = view.getUint32(9, true) + 1;
  const words: string[] = [];
  let at = name.end + HEAD_BYTES;
  while (words.length < count) {
    const word = wordAt(payload, at);
    if (word === undefined) return undefined;
    words.push(word.word);
    at = word.end;
  }
  const value = payload[at];
  return value === undefined || value >= count ? undefined : { name: name.word, words, value };
}

function wordAt(payload: Uint8Array, at: number): { word: string; end: number } | undefined {
  const end = payload.indexOf(0, at);
  if (end < 0) return undefined;
  const word = new TextDecoder("ascii").decode(payload.subarray(at, end));
  return { word, end: end + 1 };
}
