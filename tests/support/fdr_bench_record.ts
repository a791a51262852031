/**
 * The record that benches and campaigns of the recorder use: a position of the flight controller, which
 * takes 256 bytes in its slot, and in the file the fields of Foxglove's LocationFix as well.
 *
 * @module
 */
import { monotonicNs } from "../../src/core/mod.ts";
import type { NewRecord } from "../../src/flight/flight_recorder/mod.ts";

export const BENCH_RECORD_BYTES = 256;

export function benchRecord(index: number): NewRecord<"sensor.gps"> {
  const receivedNs = 5_000_000_000 + index * 10_000;
  return {
    kind: "sensor.gps",
    timestampNs: monotonicNs(receivedNs),
    payload: {
      controllerNs: receivedNs + 8_000_000_000,
      receivedNs,
      fix: "3d",
      latitudeDeg: 48.137154,
      longitudeDeg: 11.576124 + 1e-9 * index,
      heightM: 642.5,
      velocityEnuMps: [12.5, -3.25, 0.125],
      sigmaHorizontalM: 1.5,
      sigmaVerticalM: 2.5,
      satellites: 14,
      dop: 1,
      integrity: "ok",
    },
  };
}
