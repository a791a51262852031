/**
 * What a signature costs: the signed bytes of a tile, signed by the flight's key, and verified as the
 * provider does it. `deno bench -q -P=tasks tests/bench/tile_manager.bench.ts`
 */
import { ed25519 } from "@noble/curves/ed25519.js";
import { createLogger, SystemClock } from "../../src/core/mod.ts";
import { FakeFdrSink } from "../../src/flight/flight_recorder/fake_fdr_sink.ts";
import { FlightKeyManager, signedPayload } from "../../src/tiles/workstation/tile_manager/mod.ts";

const FLIGHT = "3f2504e0-4f89-11d3-9a0c-0305e82c3301";
const keys = new FlightKeyManager({
  sink: new FakeFdrSink({ capacity: 64 }),
  clock: new SystemClock(),
  logger: createLogger({ component: "tile_manager", sink: () => {}, now: () => new Date() }),
});
const session = keys.startSession(FLIGHT);
const tile = {
  contentSha256: "ab".repeat(32),
  zoom: 19,
  x: 304_000,
  y: 176_000,
  captureTimestampNs: 1_767_225_600_000_000_000n,
  flightId: FLIGHT,
  companionId: "companion-1",
  quality: { misplacementBoundM: 3, frameGsdM: 0.22, frameSequence: 12 },
};
const payload = signedPayload(tile);
const signature = session.sign(payload);

Deno.bench("sign: the signed bytes of one tile", () => {
  session.sign(payload);
});

Deno.bench("signedPayload and sign", () => {
  session.sign(signedPayload(tile));
});

Deno.bench("verify by @noble/curves", () => {
  if (!ed25519.verify(signature, payload, session.publicKey)) throw new Error("it must verify");
});
