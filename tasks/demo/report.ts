/**
 * Prints the results of the demo and writes its page.
 *
 * @module
 */
import { resolve } from "node:path";
import { replaceFile } from "../../src/core/mod.ts";
import { ManifestSchema } from "../../src/flight/flight_package/mod.ts";
import { reportOf, reportPage, tileMosaic } from "../../src/workstation/flight_report/mod.ts";
import type { FlownFlight } from "../evaluate/fly.ts";
import { DEMO_CASE } from "./fly.ts";

export interface DemoReport {
  /** Absolute. */
  readonly path: string;
  readonly summary: readonly string[];
}

export async function writeDemoReport(flight: FlownFlight, output: string): Promise<DemoReport> {
  const { frames, summary, truth, packagePath } = flight;
  const manifest = ManifestSchema.parse(
    JSON.parse(await Deno.readTextFile(`${packagePath}/manifest.json`)),
  );
  const positions = [...truth.points.map((point) => point.position), ...frames];
  const map = await tileMosaic({
    zoom: manifest.zoom,
    positions,
    readTile: (x, y) =>
      Deno.readFile(`${packagePath}/tiles/${manifest.zoom}/${x}/${y}.jpg`).catch(() => null),
  });
  const report = reportOf({
    title: "A flight without GPS",
    subtitle: subtitle(),
    frames,
    summary,
    truth,
    prior: DEMO_CASE.flight.prior,
    distanceM: truth.distanceM,
    map,
  });
  const path = resolve(`${output}/report.html`);
  await replaceFile(path, new TextEncoder().encode(reportPage(report)));
  return {
    path,
    summary: report.headline.map(({ name, value }) => `${name.padEnd(28)}${value}`),
  };
}

function subtitle(): string {
  const { aircraft, aglM } = DEMO_CASE.flight;
  return `${
    aircraft.replace("_", " ")
  }, ${aglM} m above procedural ground; the map shows another ` +
    "season than the camera; GPS lost after the start";
}
