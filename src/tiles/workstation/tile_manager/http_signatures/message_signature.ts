/**
 * HTTP Message Signatures of requests (RFC 9421), limited to what an upload needs: Ed25519, derived
 * components of a request, and unmodified header fields.
 *
 * @module
 */
import { Buffer } from "node:buffer";

/** The parts of a request that can be signed. Field names in lower case. */
export interface SignedRequest {
  readonly method: string;
  readonly url: URL;
  readonly fields: ReadonlyMap<string, string>;
}

export interface SignatureParameters {
  /** In the order in which they are signed: "@method", "content-digest", … */
  readonly components: readonly string[];
  /** Seconds since the epoch. */
  readonly createdS: number;
  readonly keyId: string;
  readonly nonce?: string;
}

export type Sign = (base: Uint8Array) => Uint8Array;
/** Whether `signature` over `base` was made by the key that `keyId` names. */
export type Verify = (base: Uint8Array, signature: Uint8Array, keyId: string) => boolean;

export interface SignatureHeaders {
  readonly "signature-input": string;
  readonly signature: string;
}

/** RFC 9421, 3.1. `label` names the signature in both headers. */
export function signRequest(
  request: SignedRequest,
  parameters: SignatureParameters,
  sign: Sign,
  label = "sig1",
): SignatureHeaders {
  const text = parametersText(parameters);
  const base = signatureBase(request, parameters.components, text);
  const signature = Buffer.from(sign(base)).toString("base64");
  return { "signature-input": `${label}=${text}`, signature: `${label}=:${signature}:` };
}

export type VerifyOutcome =
  | { readonly ok: true; readonly parameters: SignatureParameters }
  | { readonly ok: false; readonly reason: string };

/** RFC 9421, 3.2: `required` components must be among the signed ones. */
export function verifyRequest(
  request: SignedRequest,
  headers: { readonly input: string | null; readonly signature: string | null },
  options: {
    readonly verify: Verify;
    readonly required: readonly string[];
    readonly label?: string;
  },
): VerifyOutcome {
  const label = options.label ?? "sig1";
  if (headers.input === null || headers.signature === null) {
    return { ok: false, reason: "Signature-Input or Signature is missing" };
  }
  const text = memberOf(headers.input, label);
  const bytes = memberOf(headers.signature, label);
  const parsed = text === null ? null : parseParameters(text);
  if (
    text === null || bytes === null || parsed === null || !/^:[A-Za-z0-9+/]*={0,2}:$/.test(bytes)
  ) {
    return { ok: false, reason: `the headers hold no readable signature "${label}"` };
  }
  const missing = options.required.filter((name) => !parsed.components.includes(name));
  if (missing.length > 0) return { ok: false, reason: `not signed: ${missing.join(", ")}` };
  let base: Uint8Array;
  try {
    base = signatureBase(request, parsed.components, text);
  } catch (error) {
    return { ok: false, reason: error instanceof Error ? error.message : String(error) };
  }
  return options.verify(base, Buffer.from(bytes.slice(1, -1), "base64"), parsed.keyId)
    ? { ok: true, parameters: parsed }
    : { ok: false, reason: "the signature does not match this message and key" };
}

/** RFC 9421, 2.5. @throws RangeError for a component that the request does not have. */
export function signatureBase(
  request: SignedRequest,
  components: readonly string[],
  parametersText: string,
): Uint8Array<ArrayBuffer> {
  if (new Set(components).size !== components.length) {
    throw new RangeError("a component is signed twice");
  }
  const lines = components.map((name) => `"${name}": ${componentValue(request, name)}`);
  return new TextEncoder().encode(
    [...lines, `"@signature-params": ${parametersText}`].join("\n"),
  );
}

function componentValue({ method, url, fields }: SignedRequest, name: string): string {
  switch (name) {
    case "@method":
      return method;
    case "@target-uri":
      return url.href;
    case "@authority":
      return url.host.toLowerCase();
    case "@scheme":
      return url.protocol.slice(0, -1);
    case "@path":
      return url.pathname;
    case "@query":
      return url.search === "" ? "?" : url.search;
  }
  const value = fields.get(name);
  if (name.startsWith("@") || value === undefined) {
    throw new RangeError(`the request has no component "${name}"`);
  }
  return value.trim().replace(/[ \t]*\r?\n[ \t]+/g, " ");
}

function parametersText({ components, createdS, keyId, nonce }: SignatureParameters): string {
  const list = components.map((name) => `"${name}"`).join(" ");
  const nonceText = nonce === undefined ? "" : `;nonce=${quoted(nonce)}`;
  return `(${list});created=${createdS}${nonceText};keyid=${quoted(keyId)}`;
}

function quoted(text: string): string {
  if (!/^[\x20-\x7e]*$/.test(text)) throw new RangeError("a parameter is not printable ASCII");
  return `"${text.replace(/[\\"]/g, "\\$&")}"`;
}

/** The value of one member of a dictionary, up to the comma before the next one. */
function memberOf(header: string, label: string): string | null {
  for (const member of splitMembers(header)) {
    const trimmed = member.trim();
    if (trimmed.startsWith(`${label}=`)) return trimmed.slice(label.length + 1);
  }
  return null;
}

/** Splits at commas outside of quotes and byte sequences (which contain none). */
function splitMembers(header: string): string[] {
  return header.match(/(?:"(?:[^"\\]|\\.)*"|[^,"])+/g) ?? [];
}

const PARAMETERS =
  /^\(((?:"[^"\\ ]+"(?: (?=")|(?=\))))*)\)((?:;[a-z]+=(?:\d+|"(?:[^"\\]|\\.)*"))*)$/;

/** Components with parameters (";req", ";key") are not supported and are refused. */
function parseParameters(text: string): SignatureParameters | null {
  const found = PARAMETERS.exec(text);
  if (found === null) return null;
  const components = [...found[1].matchAll(/"([^"]+)"/g)].map(([, name]) => name);
  const values = new Map<string, string>();
  for (
    const [, name, number, string] of found[2].matchAll(/;([a-z]+)=(?:(\d+)|"((?:[^"\\]|\\.)*)")/g)
  ) {
    values.set(name, number ?? string.replace(/\\(.)/g, "$1"));
  }
  const algorithm = values.get("alg");
  if (algorithm !== undefined && algorithm !== "ed25519") return null;
  const created = Number(values.get("created") ?? NaN);
  const keyId = values.get("keyid");
  if (!Number.isSafeInteger(created) || keyId === undefined) return null;
  const nonce = values.get("nonce");
  return { components, createdS: created, keyId, ...(nonce === undefined ? {} : { nonce }) };
}
