/**
 * Memory of a process that runs a model again and again: loads, inferences with and without the caller's own
 * outputs, releases. A short part of it here; GDN_INFERENCE_RUNS=10000 is the campaign's.
 */
import assert from "node:assert/strict";
import { tensor } from "../../src/navigation/inference/mod.ts";
import { scratchFolder } from "../support/scratch.ts";
import { onnxModel } from "../support/onnx_model.ts";
import { makeRuntime } from "./inference_rig.ts";

const RUNS = Number(Deno.env.get("GDN_INFERENCE_RUNS") ?? 700);
/** Inferences of one loaded engine. */
const RUNS_PER_LOAD = 100;
/**
 * Input and output are 1 MB: one of them that is kept with every run grows far beyond this in 700 runs.
 * Buffers that wait for the collector make the memory swing by 100 MiB.
 */
const SHAPE = [1, 1, 500, 500];
const GROWTH_MAX_BYTES = 256 * 2 ** 20;

Deno.test(`${RUNS} inferences leave nothing behind`, async () => {
  await using scratch = await scratchFolder();
  await using runtime = makeRuntime();
  const bytes = onnxModel({
    nodes: [{ type: "Relu", inputs: ["x"], outputs: ["y"] }],
    inputs: [{ name: "x", elementType: "float32", shape: SHAPE }],
    outputs: [{ name: "y", elementType: "float32", shape: SHAPE }],
  });
  const inputs = [tensor("x", "float32", SHAPE)];
  const path = `${scratch.path}/model.onnx`;
  await Deno.writeFile(path, bytes);
  const samples: number[] = [];
  for (let done = 0; done < RUNS; done += RUNS_PER_LOAD) {
    const engine = await runtime.deserializeEngine({ path });
    const [own] = await runtime.infer(engine, inputs);
    for (let i = 1; i < RUNS_PER_LOAD; i++) {
      await runtime.infer(engine, inputs, i % 2 === 0 ? [own] : []);
    }
    await runtime.releaseEngine(engine);
    samples.push(Deno.memoryUsage().rss);
  }
  // The first loads fill the allocators' own reserves.
  const settled = Math.min(...samples.slice(1, Math.max(3, samples.length / 4)));
  const last = Math.min(...samples.slice(-Math.max(2, Math.floor(samples.length / 4))));
  const mib = samples.map((each) => (each / 2 ** 20).toFixed(0)).join(" ");
  assert.ok(last - settled < GROWTH_MAX_BYTES, `resident MiB after each load: ${mib}`);
});
