import assert from "node:assert/strict";
import { inScratch } from "../support/scratch.ts";
import { KeyRegistry } from "../../src/workstation/satellite_provider/key_registry.ts";
import { closedFolders } from "../support/closed_folders.ts";
import { FLIGHT_ID, mcapFile, withoutChunkCrcs } from "../support/flight_record_fixture.ts";

const keyOf = (byte: number) => new Uint8Array(32).fill(byte);

/** A record that announces a key, as the uploader writes it. */
async function recordOf(publicKey: Uint8Array): Promise<Uint8Array> {
  const announced = {
    kind: "c11.upload.session.key.public",
    timestampNs: 1,
    payload: {
      flightId: FLIGHT_ID,
      publicKeyFingerprint: "0123456789abcdef",
      publicKey: publicKey.toBase64(),
    },
  };
  return (await mcapFile({ records: [announced] })).bytes;
}

Deno.test("KeyRegistry believes a recorded key, and none that only damaged bytes tell of", () =>
  inScratch(async (folder) => {
    await Deno.mkdir(`${folder}/empty`);
    await Deno.mkdir(`${folder}/flight`);
    const path = `${folder}/flight/segment_0000.mcap`;
    await Deno.mkdir(`${folder}/lost+found`);
    using _closed = closedFolders([`${folder}/lost+found`]);
    const bytes = await recordOf(keyOf(7));
    await Deno.writeFile(path, bytes);
    assert(await new KeyRegistry(folder).isOf(keyOf(7), FLIGHT_ID));
    assert(!await new KeyRegistry(folder).isOf(keyOf(8), FLIGHT_ID));
    assert(!await new KeyRegistry(folder).isOf(keyOf(7), crypto.randomUUID()));

    // Another key, written over the recorded one: the record reads, its CRC does not hold.
    const at = new TextDecoder("latin1").decode(bytes).indexOf(keyOf(7).toBase64());
    const forged = bytes.slice();
    forged.set(new TextEncoder().encode(keyOf(8).toBase64()), at);
    await Deno.writeFile(path, forged);
    assert(!await new KeyRegistry(folder).isOf(keyOf(8), FLIGHT_ID));
    assert(!await new KeyRegistry(folder).isOf(keyOf(7), FLIGHT_ID));

    // Where there is no CRC, it cannot fail either.
    await Deno.writeFile(path, withoutChunkCrcs(forged));
    assert(!await new KeyRegistry(folder).isOf(keyOf(8), FLIGHT_ID));
  }));
