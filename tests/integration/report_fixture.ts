/** A made-up flight over made-up tiles, for looking at the report. */
import sharp from "sharp";
import { LocalFrame, seededRandom } from "../../src/core/mod.ts";
import { TruthTrack } from "../../src/workstation/evaluation/mod.ts";
import {
  type FlightReport,
  type ReportedFrame,
  reportOf,
  tileMosaic,
} from "../../src/workstation/flight_report/mod.ts";

const ORIGIN = { latitudeDeg: 48, longitudeDeg: 11, heightM: 400 };
const ZOOM = 17;

/** A tile in two greens, so that the mosaic's edges can be seen. */
async function paintedTile(x: number, y: number): Promise<Uint8Array> {
  const shade = (x + y) % 2 === 0 ? { r: 74, g: 99, b: 62 } : { r: 96, g: 112, b: 74 };
  return new Uint8Array(
    await sharp({ create: { width: 256, height: 256, channels: 3, background: shade } })
      .jpeg().toBuffer(),
  );
}

/** `frames` frames along a rounded square of 5 km, with a stretch without fixes in the middle. */
export async function fixtureReport(frameCount = 900): Promise<FlightReport> {
  const local = new LocalFrame(ORIGIN);
  const random = seededRandom("report");
  const at = (timeS: number): [number, number, number] => {
    const angle = 2 * Math.PI * timeS / (frameCount / 3);
    const radius = 800 / (Math.abs(Math.cos(angle)) ** 4 + Math.abs(Math.sin(angle)) ** 4) ** 0.25;
    return [radius * Math.cos(angle), radius * Math.sin(angle), 130];
  };
  const truth = new TruthTrack(
    Array.from({ length: frameCount + 1 }, (_, i) => ({
      timeNs: Math.round(i / 3 * 1e9),
      position: local.wgsFromLocal(at(i / 3)),
    })),
  );
  let drift = 0;
  const frames: ReportedFrame[] = Array.from({ length: frameCount }, (_, sequence) => {
    const timeS = sequence / 3;
    const dark = timeS > frameCount / 3 * 0.45 && timeS < frameCount / 3 * 0.6;
    drift = dark ? drift + 0.06 : drift * 0.4;
    const p = at(timeS);
    const east = p[0] + drift + 0.5 * random.normal(), north = p[1] + 0.5 * random.normal();
    const sigma = 0.8 + drift;
    const accepted = !dark && random.uniform() < 0.8;
    const label = !dark ? "satellite_anchored" : drift > 6 ? "dead_reckoned" : "visual_propagated";
    const fix = accepted
      ? {
        accepted,
        ...local.wgsFromLocal([p[0] + random.normal(), p[1] + random.normal(), 130]),
      }
      : { accepted, latitudeDeg: null, longitudeDeg: null };
    return {
      sequence,
      timeNs: Math.round(timeS * 1e9),
      ...local.wgsFromLocal([east, north, 130]),
      covarianceEnM2: [sigma ** 2, 0, sigma ** 2],
      horizontal95M: 2.4477 * sigma,
      velocityEnuMps: [12, 5, 0],
      vioRegistered: true,
      label,
      fix,
      latencyMs: 60 + 15 * Math.abs(random.normal()) + (random.uniform() < 0.01 ? 120 : 0),
      stages: { wallMs: { decode: 5, matching: 50 }, cpuMs: { decode: 5, matching: 81.5 } },
    };
  });
  const positions = truth.points.map((point) => point.position);
  return reportOf({
    title: "Demo <flight> & friends",
    subtitle: "fixed wing, 130 m above ground",
    frames,
    summary: { realTimeFactor: 3.2, rssMbMax: 412 },
    truth,
    prior: true,
    distanceM: truth.distanceM,
    map: await tileMosaic({ zoom: ZOOM, positions, readTile: paintedTile }),
  });
}
