/**
 * Runs the flight of the demo.
 *
 * @module
 */
import type { FlightCase } from "../evaluate/cases.ts";
import { type FlownFlight, flyCase } from "../evaluate/fly.ts";
import { noteWriter } from "../evaluate/host.ts";

export const DEMO_CASE: FlightCase = {
  kind: "flight",
  name: "demo",
  ground: { kind: "procedural", seed: 1, centre: "48.2,11.5", zoom: 18 },
  flight: {
    aircraft: "fixed_wing",
    aglM: 160,
    fovDeg: 60,
    distanceM: 3000,
    seed: 1,
    prior: true,
  },
  bars: [],
};

/** Starts from nothing; results of an earlier run in `output` are deleted. */
export async function flyDemo(output: string, signal: AbortSignal): Promise<FlownFlight> {
  const work = `${output}/work`;
  await Deno.remove(work, { recursive: true }).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
  await Deno.mkdir(work, { recursive: true });
  const started = performance.now();
  const notes = noteWriter("demo");
  try {
    return await flyCase(DEMO_CASE, new Map(), {
      work,
      signal,
      note: (text) => notes.note(`${text} (${Math.round((performance.now() - started) / 1000)} s)`),
    });
  } finally {
    notes.end();
  }
}
