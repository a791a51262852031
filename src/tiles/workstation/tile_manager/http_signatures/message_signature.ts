/**
 * HTTP Message Signatures of requests (RFC 9421), limited to what an upload needs: Ed25519, derived
 * components of a request, and unmodified header fields.
 *
 * @module
 */
import {
  type Dictionary,
  type InnerList,
  isInnerList,
  type Item,
  parseDictionary,
  serializeDictionary,
  serializeInnerList,
} from "structured-headers";

/** The parts of a request that can be signed. Field names in lower case. */
export interface SignedRequest {
  readonly method: string;
  readonly url: URL;
  readonly fields: ReadonlyMap<string, string>;
}

interface SignatureParameters {
  /** In the order in which they are signed: "@method", "content-digest", … */
  readonly components: readonly string[];
  /** Seconds since the epoch. */
  readonly createdS: number;
  readonly keyId: string;
  readonly nonce?: string;
}

type Sign = (base: Uint8Array) => Uint8Array;
/** Whether `signature` over `base` was made by the key that `keyId` names. */
type Verify = (base: Uint8Array, signature: Uint8Array, keyId: string) => boolean;

interface SignatureHeaders {
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
  const signed = innerListOf(parameters);
  const base = signatureBase(request, parameters.components, serializeInnerList(signed));
  return {
    "signature-input": serializeDictionary({ [label]: signed }),
    signature: serializeDictionary({ [label]: new Uint8Array(sign(base)) }),
  };
}

type VerifyOutcome =
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
  const input = memberOf(headers.input, label);
  const signature = memberOf(headers.signature, label)?.[0];
  const parsed = input === undefined ? null : parseParameters(input);
  if (input === undefined || parsed === null || !(signature instanceof ArrayBuffer)) {
    return { ok: false, reason: `the headers hold no signature "${label}" that can be read` };
  }
  const missing = options.required.filter((name) => !parsed.parameters.components.includes(name));
  if (missing.length > 0) return { ok: false, reason: `not signed: ${missing.join(", ")}` };
  let base: Uint8Array;
  try {
    base = signatureBase(request, parsed.parameters.components, serializeInnerList(parsed.list));
  } catch (error) {
    return { ok: false, reason: error instanceof Error ? error.message : String(error) };
  }
  return options.verify(base, new Uint8Array(signature), parsed.parameters.keyId)
    ? { ok: true, parameters: parsed.parameters }
    : { ok: false, reason: "the signature does not match this message and key" };
}

/** RFC 9421, 2.5. @throws RangeError for a component that the request does not have. */
function signatureBase(
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

function innerListOf({ components, createdS, keyId, nonce }: SignatureParameters): InnerList {
  return [
    components.map((name): Item => [name, new Map()]),
    new Map<string, string | number>([
      ["created", createdS],
      ...(nonce === undefined ? [] : [["nonce", nonce] as const]),
      ["keyid", keyId],
    ]),
  ];
}

function memberOf(header: string, label: string): Item | InnerList | undefined {
  let members: Dictionary;
  try {
    members = parseDictionary(header);
  } catch {
    return undefined; // No structured field.
  }
  return members.get(label);
}

interface ParsedInput {
  readonly list: InnerList;
  readonly parameters: SignatureParameters;
}

/** Components with parameters of their own (";req", ";key") are not supported, and refused. */
function parseParameters(member: Item | InnerList): ParsedInput | null {
  if (!isInnerList(member)) return null;
  const [items, values] = member;
  const components: string[] = [];
  for (const [name, own] of items) {
    if (typeof name !== "string" || own.size > 0) return null;
    components.push(name);
  }
  const algorithm = values.get("alg");
  if (algorithm !== undefined && algorithm !== "ed25519") return null;
  const createdS = values.get("created"), keyId = values.get("keyid"), nonce = values.get("nonce");
  if (!Number.isSafeInteger(createdS) || typeof keyId !== "string") return null;
  if (nonce !== undefined && typeof nonce !== "string") return null;
  const parameters = { components, createdS: createdS as number, keyId };
  return { list: member, parameters: nonce === undefined ? parameters : { ...parameters, nonce } };
}
