import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createPrivateKey, createPublicKey, sign, verify } from "node:crypto";
import { ed25519 } from "@noble/curves/ed25519.js";
import {
  contentDigest,
  contentDigestFault,
} from "../../src/tiles/workstation/tile_manager/http_signatures/content_digest.ts";
import {
  type SignedRequest,
  signRequest,
  verifyRequest,
} from "../../src/tiles/workstation/tile_manager/http_signatures/message_signature.ts";
import {
  canonicalJson,
  signedPayload,
} from "../../src/tiles/workstation/tile_manager/signing/signed_payload.ts";

const text = (value: string) => new TextEncoder().encode(value);

// RFC 9421, B.1.4 and B.2.6.
const RFC_PUBLIC = "MCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=";
const RFC_PRIVATE = "MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF";
const RFC_INPUT = '("date" "@method" "@path" "@authority" "content-type" "content-length")' +
  ';created=1618884473;keyid="test-key-ed25519"';
const RFC_SIGNATURE =
  ":wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==:";
const RFC_REQUEST: SignedRequest = {
  method: "POST",
  url: new URL("http://example.com/foo?param=Value&Pet=dog"),
  fields: new Map([
    ["date", "Tue, 20 Apr 2021 02:07:55 GMT"],
    ["content-type", "application/json"],
    ["content-length", "18"],
  ]),
};
const publicKey = createPublicKey({
  key: Buffer.from(RFC_PUBLIC, "base64"),
  format: "der",
  type: "spki",
});
const rfcVerify = (base: Uint8Array, signature: Uint8Array, keyId: string) =>
  keyId === "test-key-ed25519" && verify(null, base, publicKey, signature);

Deno.test("verifyRequest() accepts the test vector of RFC 9421 B.2.6, by two implementations", () => {
  const headers = { input: `sig-b26=${RFC_INPUT}`, signature: `sig-b26=${RFC_SIGNATURE}` };
  const options = { required: ["@method", "content-length"], label: "sig-b26" };
  assert.equal(verifyRequest(RFC_REQUEST, headers, { ...options, verify: rfcVerify }).ok, true);
  // What is signed is the strict form of the parameters, however the header is spaced (2.3).
  const spaced = { ...headers, input: `other=1 ,sig-b26=( ${RFC_INPUT.slice(1)}` };
  assert.equal(verifyRequest(RFC_REQUEST, spaced, { ...options, verify: rfcVerify }).ok, true);
  const raw = Buffer.from(RFC_PUBLIC, "base64").subarray(12);
  const noble = (base: Uint8Array, signature: Uint8Array) => ed25519.verify(signature, base, raw);
  assert.equal(verifyRequest(RFC_REQUEST, headers, { ...options, verify: noble }).ok, true);
});

Deno.test("signRequest() produces the signature of RFC 9421 B.2.6", () => {
  const key = createPrivateKey({
    key: Buffer.from(RFC_PRIVATE, "base64"),
    format: "der",
    type: "pkcs8",
  });
  const headers = signRequest(
    RFC_REQUEST,
    {
      components: ["date", "@method", "@path", "@authority", "content-type", "content-length"],
      createdS: 1618884473,
      keyId: "test-key-ed25519",
    },
    (base) => sign(null, base, key),
    "sig-b26",
  );
  assert.equal(headers["signature-input"], `sig-b26=${RFC_INPUT}`);
  assert.equal(headers.signature, `sig-b26=${RFC_SIGNATURE}`);
});

Deno.test("verifyRequest() refuses a changed message, a missing component and malformed headers", () => {
  const input = `sig-b26=${RFC_INPUT}`, signature = `sig-b26=${RFC_SIGNATURE}`;
  const check = (
    request: SignedRequest,
    headers: { input: string | null; signature: string | null },
    required: string[] = [],
  ) => verifyRequest(request, headers, { verify: rfcVerify, required, label: "sig-b26" }).ok;
  assert.equal(check({ ...RFC_REQUEST, method: "PUT" }, { input, signature }), false);
  assert.equal(check(RFC_REQUEST, { input, signature }, ["content-digest"]), false);
  assert.equal(check({ ...RFC_REQUEST, fields: new Map() }, { input, signature }), false);
  for (
    const hostile of [
      null,
      "",
      "sig-b26",
      "sig-b26=",
      "sig-b26=()",
      'sig-b26=("@method" "@method");created=1;keyid="test-key-ed25519"',
      'sig-b26=("@method";req);created=1;keyid="test-key-ed25519"',
      `${input};alg="rsa-v1_5-sha256"`,
      "sig-b26=(".repeat(10_000),
    ]
  ) assert.equal(check(RFC_REQUEST, { input: hostile, signature }), false, String(hostile));
  assert.equal(check(RFC_REQUEST, { input, signature: "sig-b26=:####:" }), false);
});

Deno.test("contentDigest() produces the digests of RFC 9530", () => {
  // RFC 9530, appendix D and 2; RFC 9421, 2.1.
  assert.equal(
    contentDigest(text('{"hello": "world"}\n')),
    "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:",
  );
  assert.equal(
    contentDigest(text('{"hello": "world"}'), "sha-512"),
    "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:",
  );
});

Deno.test("contentDigestFault() states what is wrong", () => {
  const body = text("tile");
  const both = `${contentDigest(body)}, ${contentDigest(body, "sha-512")}`;
  assert.equal(contentDigestFault(both, body), null);
  assert.match(contentDigestFault(both, text("tilf")) ?? "", /does not match/);
  assert.match(contentDigestFault(null, body) ?? "", /missing/);
  assert.match(contentDigestFault("md5=:AAAA:", body) ?? "", /no known algorithm/);
  assert.match(contentDigestFault("sha-256=AAAA", body) ?? "", /dictionary/);
});

Deno.test("signedPayload() lays its bytes out as the contract says", () => {
  const payload = signedPayload({
    contentSha256: "ab".repeat(32),
    zoom: 18,
    x: 77213,
    y: 106845,
    captureTimestampNs: 1_700_000_000_123_456_789n,
    flightId: "3f2504e0-4f89-11d3-9a0c-0305e82c3301",
    companionId: "drohne-ä",
    quality: { b: 1, a: { d: 2, c: [3, { f: 1, e: 2 }] } },
  });
  const companion = text("drohne-ä");
  const expected = Buffer.concat([
    Buffer.from("gdn-tile-v1\0"),
    Buffer.alloc(32, 0xab),
    Buffer.from([18, 0x00, 0x01, 0x2d, 0x9d, 0x00, 0x01, 0xa1, 0x5d]),
    // 1700000000123456789 = 0x17979CFE3D85CD15
    Buffer.from("17979cfe3d85cd15", "hex"),
    Buffer.from("3f2504e04f8911d39a0c0305e82c3301", "hex"),
    Buffer.from([0, companion.length]),
    companion,
  ]);
  assert.equal(
    Buffer.from(payload).subarray(0, expected.length).toString("hex"),
    expected.toString("hex"),
  );
  assert.equal(payload.length, expected.length + 32);
  assert.equal(
    canonicalJson({ b: 1, a: { d: 2, c: [3, { f: 1, e: 2 }] } }),
    '{"a":{"c":[3,{"e":2,"f":1}],"d":2},"b":1}',
  );
});

Deno.test("signedPayload() refuses values that do not fit", () => {
  const good = {
    contentSha256: "ab".repeat(32),
    zoom: 1,
    x: 0,
    y: 0,
    captureTimestampNs: 0n,
    flightId: "3f2504e0-4f89-11d3-9a0c-0305e82c3301",
    companionId: "a",
    quality: {},
  };
  for (
    const bad of [
      { contentSha256: "zz" },
      { zoom: 1.5 },
      { x: -1 },
      { y: 2 ** 32 },
      { flightId: "nobody" },
      { companionId: "" },
      { companionId: "x".repeat(300) },
    ]
  ) assert.throws(() => signedPayload({ ...good, ...bad }), /Cannot sign a tile/);
});
