import { l2Normalise, LocalFrame, seededRandom, worldPixelFromWgs } from "../../src/core/mod.ts";
import { decodeJpeg, encodeJpeg, openVision } from "../../src/native/vision/mod.ts";

const random = seededRandom(1);
const origin = { latitudeDeg: 50, longitudeDeg: 30, heightM: 100 };
const nearby = { latitudeDeg: 50.01, longitudeDeg: 30.01, heightM: 300 };
const frame = new LocalFrame(origin);
const descriptor = Float32Array.from({ length: 512 }, () => random.normal());

Deno.bench("LocalFrame.localFromWgs()", () => {
  frame.localFromWgs(nearby);
});

Deno.bench("LocalFrame.wgsFromLocal()", () => {
  frame.wgsFromLocal([700, 1100, 200]);
});

Deno.bench("worldPixelFromWgs()", () => {
  worldPixelFromWgs(nearby, 18);
});

Deno.bench("l2Normalise(), 512 floats", () => {
  l2Normalise(descriptor);
});

const vision = openVision();
const pixels = new Uint8Array(1280 * 960);
for (let i = 0; i < pixels.length; i++) pixels[i] = 128 + 60 * Math.sin(i / 37) * random.uniform();
const jpeg = await encodeJpeg(vision, { widthPx: 1280, heightPx: 960, channels: 1, pixels });

Deno.bench("decodeJpeg(), 1280×960 grey", async () => {
  await decodeJpeg(vision, jpeg, { name: "bench" });
});
