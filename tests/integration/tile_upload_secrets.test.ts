/**
 * Searches for the secret of a flight's key, and for the tokens, everywhere they might be after an
 * upload: the output, the operator's record, every byte of the data folder, and what the provider
 * received.
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { inScratch } from "../support/scratch.ts";
import { findFlight, readRecords } from "../../src/flight/flight_record/mod.ts";
import {
  FlightKeyManager,
  type SigningSession,
} from "../../src/tiles/workstation/tile_manager/mod.ts";
import { filesBelow } from "../faults/programs.ts";
import { writeFlightMedia } from "../support/flight_media.ts";
import { CLIENT_TOKEN, OFFICER_TOKEN, ProviderProcess } from "../support/provider.ts";
import { operate, type Outcome } from "./operator_cache_fixture.ts";
import { emptyCache } from "../support/empty_cache.ts";

const TOKENS = { GDN_SATELLITE_TOKEN: CLIENT_TOKEN, GDN_ENROLMENT_TOKEN: OFFICER_TOKEN };

interface Caught {
  /** The key manager's own buffer, which must be zero in the end. */
  readonly buffer: Uint8Array;
  readonly secret: Buffer;
  readonly publicKey: Buffer;
}

/** Runs `body` and keeps a copy of each secret that is made meanwhile. */
async function catchingSecrets(body: () => Promise<void>): Promise<Caught[]> {
  const caught: Caught[] = [];
  const start = FlightKeyManager.prototype.startSession;
  FlightKeyManager.prototype.startSession = function (flightId): SigningSession {
    const session = start.call(this, flightId);
    const { secret: buffer } = session as unknown as { secret: Uint8Array };
    const publicKey = Buffer.from(session.publicKey);
    caught.push({ buffer, secret: Buffer.from(buffer), publicKey });
    return session;
  };
  try {
    await body();
  } finally {
    FlightKeyManager.prototype.startSession = start;
  }
  return caught;
}

async function operateWithTokens(args: readonly string[]): Promise<Outcome> {
  for (const [name, value] of Object.entries(TOKENS)) Deno.env.set(name, value);
  try {
    return await operate(args);
  } finally {
    for (const name of Object.keys(TOKENS)) Deno.env.delete(name);
  }
}

/** The encodings in which a key could appear. */
function formsOf(key: Buffer): Record<string, Buffer> {
  return {
    raw: key,
    hex: Buffer.from(key.toString("hex")),
    "HEX": Buffer.from(key.toString("hex").toUpperCase()),
    // Without padding, and as it appears inside a longer base64 text (PKCS #8).
    base64: Buffer.from(key.toString("base64").slice(0, 42)),
    base64url: Buffer.from(key.toString("base64url").slice(0, 42)),
    "base64 in PKCS #8": Buffer.from(key.subarray(2).toString("base64").slice(0, 38)),
    "base64 after one byte": Buffer.from(key.subarray(1).toString("base64").slice(0, 40)),
    decimal: Buffer.from([...key].join(",")),
  };
}

/** Every file below the folder, and the records of the operator's own flights in plain text. */
async function everything(data: string): Promise<Map<string, Buffer>> {
  const found = new Map<string, Buffer>();
  for (const line of await filesBelow(data)) {
    if (line.endsWith("/")) continue;
    const path = line.slice(0, line.lastIndexOf(" "));
    found.set(path, Buffer.from(await Deno.readFile(`${data}/${path}`)));
  }
  for await (const { name, isDirectory } of Deno.readDir(`${data}/recorder`)) {
    if (!isDirectory) continue;
    const texts: string[] = [];
    for await (const record of readRecords(await findFlight(`${data}/recorder/${name}`))) {
      texts.push(
        JSON.stringify(record, (_key, value) => typeof value === "bigint" ? `${value}` : value),
      );
    }
    found.set(`records of ${name}`, Buffer.from(texts.join("\n")));
  }
  return found;
}

Deno.test("after uploads that succeed, fail and are refused, the secrets appear nowhere", () =>
  inScratch(async (folder) => {
    const home = await writeFlightMedia(`${folder}/aircraft`, { tiles: 6 });
    const data = await emptyCache(`${folder}/data`);
    assert.equal((await operate(["collect", home.folder, "--data", data])).code, 0);
    await using provider = await ProviderProcess.start(["--ingest", `${folder}/accepted`]);
    const args = ["tiles", "upload", "--url", provider.url, "--data", data, "--batch", "3"];
    const headers = { "retry-after": "0" };
    const outcomes: Outcome[] = [];
    const caught = await catchingSecrets(async () => {
      // A provider that fails in the second batch; one that refuses access; one that works.
      const broken = { kind: "status", status: 500, headers } as const;
      await provider.misbehave({ route: "ingest", after: 1, times: 5, act: broken });
      outcomes.push(await operateWithTokens(args));
      await provider.misbehave({ route: "ingest", act: { kind: "status", status: 403 } });
      outcomes.push(await operateWithTokens(args));
      await provider.misbehave();
      outcomes.push(await operateWithTokens([...args, "--json"]));
    });
    assert.deepEqual(outcomes.map(({ code }) => code), [75, 77, 0]);
    assert.equal(caught.length, 3);

    const places = await everything(data);
    outcomes.forEach(({ out, err }, i) => places.set(`output ${i}`, Buffer.from(out + err)));
    for (const line of await filesBelow(`${folder}/accepted`)) {
      const path = line.slice(0, line.lastIndexOf(" "));
      places.set(
        `accepted/${path}`,
        Buffer.from(await Deno.readFile(`${folder}/accepted/${path}`)),
      );
    }
    for (const { buffer, secret, publicKey } of caught) {
      assert(secret.some((byte) => byte !== 0));
      assert(buffer.every((byte) => byte === 0), "the buffer is zero");
      for (const [form, bytes] of Object.entries(formsOf(secret))) {
        for (const [place, content] of places) {
          assert(!content.includes(bytes), `the secret as ${form} stands in ${place}`);
        }
      }
      // Proof that the search works: the public key is found in the operator's record, where it
      // belongs.
      const where = [...places].filter(([, content]) =>
        content.includes(formsOf(publicKey).base64)
      );
      assert.equal(where.filter(([place]) => place.startsWith("records of")).length, 1);
    }
    for (const [name, token] of Object.entries(TOKENS)) {
      for (const form of [token, Buffer.from(token).toString("base64").slice(0, -4)]) {
        for (const [place, content] of places) {
          assert(!content.includes(form), `${name} stands in ${place}`);
        }
      }
    }
  }));
