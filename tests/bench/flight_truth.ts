/** truth.csv of a simulated flight, with attitudes, for benches that ask of single frames. */
import type { Enu, LocalFrame, Quaternion } from "../../src/core/mod.ts";

export interface TruthRow {
  readonly timeNs: number;
  readonly positionLocalM: Enu;
  readonly localFromBody: Quaternion;
}

/** Columns: time_ns, latitude, longitude, height, velocity (3), w, x, y, z of local from body. */
export async function readTruth(path: string, frame: LocalFrame): Promise<TruthRow[]> {
  const lines = (await Deno.readTextFile(path)).trim().split("\n").slice(1);
  return lines.map((line) => {
    const [timeNs, latitudeDeg, longitudeDeg, heightM, , , , w, x, y, z] = line.split(",")
      .map(Number);
    return {
      timeNs,
      positionLocalM: frame.localFromWgs({ latitudeDeg, longitudeDeg, heightM }),
      localFromBody: [w, x, y, z],
    };
  });
}
