/**
 * The state of a live flight, replaced each second beside its record: a restarted `airborne` goes on
 * from its last position, and `airborne status` shows the rest.
 *
 * @module
 */
import * as z from "zod";
import {
  DataError,
  parseBoundedJson,
  quantity,
  readPlainTextFile,
  replaceFile,
  TEMPORARY_MARK,
} from "../../core/mod.ts";
import { LiveStatusSchema } from "./live_status.ts";

const FILE_NAME = "live_state.json";
const BYTES_MAX = 64 * 1024;

const LastPositionSchema = z.object({
  latitudeDeg: quantity.latitudeDeg,
  longitudeDeg: quantity.longitudeDeg,
  sigmaHorizontalM: z.number().min(0).max(1e6),
  /** East and north (true north), m/s. */
  velocityEnMps: z.tuple([z.number().min(-1000).max(1000), z.number().min(-1000).max(1000)]),
  /** When, on the companion's own clock… */
  utcMs: z.number(),
  /** …and on the controller's, which goes on while the companion restarts; null: not known. */
  controllerNs: z.int().nullable(),
  /** Height over the ellipsoid of the ground that heights counted from, metres; absent: the package's. */
  takeoffGroundM: quantity.groundHeightM.optional(),
  /** GPS was demoted: a restart must not believe it either. */
  gpsDistrusted: z.boolean(),
});
export type LastPosition = Readonly<z.infer<typeof LastPositionSchema>>;

const Stamp = z.int().min(0).max(2 ** 48 - 1);
/** Newest stamps of a signed line (10 µs since 2015): what was recorded before them is not believed again. */
const SigningSchema = z.object({
  newest: Stamp,
  /** Of each system, component and link. */
  streams: z.array(z.tuple([z.int().min(0).max(2 ** 24 - 1), Stamp]).readonly()).max(256)
    .readonly(),
});

const LiveStateSchema = z.object({
  format: z.literal("gdn-live-state"),
  formatVersion: z.literal(1),
  /** The flight ended as it should: nothing is to be resumed. */
  ended: z.boolean(),
  /** null before the first estimate, and while it is too uncertain to start from. */
  last: LastPositionSchema.nullable(),
  /** null, or absent: no line was signed. */
  signing: SigningSchema.nullable().optional(),
  status: LiveStatusSchema,
});
export type LiveState = Readonly<z.infer<typeof LiveStateSchema>>;

/** What `airborne status --json` prints. */
export const StatusLineSchema = LiveStateSchema.extend({
  type: z.literal("status"),
  /** The flight goes on, and has written its state within the last five seconds. */
  live: z.boolean(),
});

export function liveStatePath(recorderFolder: string): string {
  return `${recorderFolder}/${FILE_NAME}`;
}

/**
 * null where there is none.
 *
 * @throws DataError where it cannot be used; errors of the file system
 */
export async function readLiveState(recorderFolder: string): Promise<LiveState | null> {
  const path = liveStatePath(recorderFolder);
  let text: string;
  try {
    text = await readPlainTextFile(path, { bytesMax: BYTES_MAX });
  } catch (error) {
    if (isAbsent(error)) return null;
    throw error;
  }
  try {
    return LiveStateSchema.parse(parseBoundedJson(text));
  } catch (cause) {
    throw new DataError(path, "is no state of a live flight; remove it", { cause });
  }
}

function isAbsent(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof Deno.errors.NotFound) return true;
  }
  return false;
}

/** What a writer left that was killed; to be called by who has the folder's lock. */
export async function removeUnfinishedStates(recorderFolder: string): Promise<void> {
  for await (const { name, isFile } of Deno.readDir(recorderFolder)) {
    const isLeft = isFile && name.startsWith(`${FILE_NAME}${TEMPORARY_MARK}`);
    if (isLeft) await Deno.remove(`${recorderFolder}/${name}`);
  }
}

/** Whole or not at all, also if the power goes. */
export async function writeLiveState(recorderFolder: string, state: LiveState): Promise<void> {
  const bytes = new TextEncoder().encode(`${JSON.stringify(state)}\n`);
  await replaceFile(liveStatePath(recorderFolder), bytes);
}
