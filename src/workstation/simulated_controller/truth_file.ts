/**
 * Reads what a simulated flight's folder says of the truth: truth.csv as a trajectory, and truth.json.
 *
 * @module
 */
import * as z from "zod";
import {
  DataError,
  LocalFrame,
  NS_PER_SECOND,
  parseBoundedJson,
  readPlainTextFile,
} from "../../core/mod.ts";
import { STREAM_COLUMNS } from "../../flight/replay/mod.ts";
import { Trajectory } from "../simulation/mod.ts";

const vector = z.tuple([z.number(), z.number(), z.number()]);

const ImuBiasSchema = z.object({ accelerometerMps2: vector, gyroscopeRps: vector });

/** Of truth.json, what is needed here; the rest is passed over. */
const TruthFactsSchema = z.object({
  controllerClock: z.object({ offsetS: z.number(), skewPpm: z.number() }),
  imuBiasAtStart: ImuBiasSchema,
  imuBiasAtEnd: ImuBiasSchema,
  /** Where the flight was simulated with its landing: seconds. */
  landing: z.object({ fromS: z.number(), atRestS: z.number() }).nullable().default(null),
});
export type TruthFacts = z.infer<typeof TruthFactsSchema>;

const TRUTH_JSON_BYTES_MAX = 1024 * 1024;
/** An hour at 200 Hz has a fifth of it. */
const TRUTH_CSV_BYTES_MAX = 512 * 1024 * 1024;
const ROWS_LEAST = 2;

export async function readTruthFacts(folder: string): Promise<TruthFacts> {
  const path = `${folder}/truth.json`;
  const text = await readPlainTextFile(path, {
    within: folder,
    bytesMax: TRUTH_JSON_BYTES_MAX,
  }).catch((cause) => {
    throw new DataError(path, "cannot be read; `operator simulate flight` writes it", { cause });
  });
  const parsed = TruthFactsSchema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  throw new DataError(
    path,
    `is not what \`operator simulate flight\` writes: ${parsed.error.message}`,
  );
}

function parseJson(text: string): unknown {
  try {
    return parseBoundedJson(text);
  } catch {
    return undefined;
  }
}

/** truth.csv, from time 0; its local frame lies on the ground under the first row. */
export async function readTruth(
  folder: string,
  groundHeightM: number,
): Promise<{ trajectory: Trajectory; localFrame: LocalFrame }> {
  const path = `${folder}/truth.csv`;
  const text = await readPlainTextFile(path, { within: folder, bytesMax: TRUTH_CSV_BYTES_MAX });
  const lines = text.trimEnd().split("\n");
  if (lines[0] !== STREAM_COLUMNS["truth.csv"].join(",")) {
    throw new DataError(path, "does not begin with the columns of truth.csv");
  }
  const rows = lines.slice(1).map((line) => line.split(",").map(Number));
  if (
    rows.length < ROWS_LEAST || rows.some((row) => row.length !== 11 || !row.every(Number.isFinite))
  ) {
    throw new DataError(path, "has a row that is no row of truth.csv; simulate the flight again");
  }
  const stepNs = rows[1][0] - rows[0][0];
  const isEven = rows.every((row, index) => Math.abs(row[0] - index * stepNs) <= 1);
  if (!isEven) {
    throw new DataError(path, "is not evenly spaced from time 0; simulate the flight again");
  }
  const localFrame = new LocalFrame({
    latitudeDeg: rows[0][1],
    longitudeDeg: rows[0][2],
    heightM: groundHeightM,
  });
  const states = new Float64Array(10 * rows.length);
  rows.forEach(([, latitudeDeg, longitudeDeg, heightM, ...rest], index) => {
    states.set(localFrame.localFromWgs({ latitudeDeg, longitudeDeg, heightM }), 10 * index);
    states.set(rest, 10 * index + 3);
  });
  return { trajectory: new Trajectory(NS_PER_SECOND / stepNs, states), localFrame };
}
