import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { nativeLibraryPath, openNativeLibrary } from "../../src/core/mod.ts";
import { visionAbi } from "../../src/native/vision/library.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

const SAMPLES = 2000, DIMENSION = 64, WORDS = 128, ROUNDS = 100;

Deno.test("openNativeLibrary() keeps the buffers of a non-blocking call alive while it runs", async () => {
  using vision = openNativeLibrary(
    nativeLibraryPath("vision"),
    {
      gdn_vlad_kmeans: {
        parameters: ["buffer", "i32", "i32", "i32", "i32", "u64", "buffer", "buffer"],
        result: "i32",
        nonblocking: true,
      },
    },
    visionAbi,
  );
  let collected = 0;
  const registry = new FinalizationRegistry(() => collected++);
  const words = new Float32Array(WORDS * DIMENSION), error = new Uint8Array(256);
  const start = () => {
    const samples = Float32Array.from({ length: SAMPLES * DIMENSION }, (_, i) => Math.sin(i * i));
    registry.register(samples.buffer, null);
    return vision.symbols.gdn_vlad_kmeans(
      samples,
      SAMPLES,
      DIMENSION,
      WORDS,
      ROUNDS,
      1n,
      words,
      error,
    );
  };
  let running = true, rounds = 0;
  const call = start().finally(() => running = false);
  while (running) {
    collectGarbage();
    // Finalisers run between two turns of the event loop.
    await sleep(5);
    if (running) {
      rounds++;
      assert.equal(collected, 0, "the samples were collected while the native side reads them");
    }
  }
  assert.equal(await call, 0);
  assert.ok(rounds > 0, "the call was over before it could be watched");
});
