/** What is verified behind a flight ends with the flight, wherever it is. */
import assert from "node:assert/strict";
import { verifyRest } from "../../src/flight/flight_package/mod.ts";
import { inScratch } from "../support/scratch.ts";

const FILES = Array.from({ length: 5 }, (_, i) => ({
  path: `tiles/18/1/${i}.jpg`,
  bytes: 4,
  sha256: "0".repeat(64),
}));

Deno.test("verifyRest() closes each damaged file, and returns without an error when the flight ends", () =>
  inScratch(async (path) => {
    await Deno.mkdir(`${path}/tiles/18/1`, { recursive: true });
    for (const file of FILES) await Deno.writeTextFile(`${path}/${file.path}`, "tile");
    const ending = new AbortController(), closed: string[] = [], told: string[] = [];
    const tiles = { close: (file: string) => closed.push(file) };
    const looked = await verifyRest({ path, tiles, unverified: FILES } as never, {
      workShare: 0.25,
      signal: ending.signal,
      sleep: () => Promise.resolve(),
      onDamaged: (file) => {
        if (told.push(file) === 2) ending.abort();
      },
    });
    assert.equal(looked, 2);
    assert.deepEqual(told, FILES.slice(0, 2).map((file) => file.path));
    assert.deepEqual(closed, told);
  }));
