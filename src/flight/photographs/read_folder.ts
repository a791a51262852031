/**
 * Reads the tags of a folder of photographs: which of its files are photographs of one kind, in which order.
 *
 * @module
 */
import { DataError, readPlainFile, wrapDegrees } from "../../core/mod.ts";
import { isYawRelative } from "./attitude.ts";
import type { Photograph } from "./contract.ts";
import { type PhotographReading, readPhotograph } from "./read_photograph.ts";

const PHOTOGRAPH_BYTES_MAX = 256 * 1024 * 1024;

/** A photograph in a folder: its tags, and its bytes on demand. */
export interface PhotographFile {
  readonly photograph: Photograph;
  readonly path: string;
  readBytes(): Promise<Uint8Array<ArrayBuffer>>;
}

interface FolderReading extends PhotographReading {
  /** Called with what cannot be used, which is then left out; without it the first such file is thrown. */
  readonly onFault?: (path: string, error: unknown) => void;
  /** Told what the user should know of the folder. */
  readonly onNote?: (note: string) => void;
}

/**
 * All JPEGs of a folder, by capture time, then name. A gimbal's yaw that counts from the aircraft's nose
 * becomes one from north. The same bytes under a second name, and thermal pictures among others, are not used.
 *
 * @throws DataError when the folder holds none, a link leads out of it, or one has no pose.
 */
export async function readPhotographFolder(
  path: string,
  { onFault, onNote, ...reading }: FolderReading = {},
): Promise<readonly PhotographFile[]> {
  const { names, folders } = await namesIn(path);
  const jpegs = names.filter((name) => JPEG.test(name));
  const others = withoutJpeg(names);
  if (jpegs.length === 0) {
    const seen = others.length > 0
      ? `: ${counted(others, "files")} must be converted to JPEG first`
      : folders.length > 0
      ? `: give one of the ${counted(folders, "folders")} in it`
      : "";
    throw new DataError(path, `the folder holds no photographs (*.jpg)${seen}`);
  }
  if (folders.length > 0) {
    onNote?.(`not looked at, being folders in the folder: ${counted(folders, "folders")}`);
  }
  if (others.length > 0) onNote?.(`not looked at, being no JPEG: ${counted(others, "files")}`);
  const fault = (file: string, error: unknown) => {
    if (onFault === undefined) throw error;
    onFault(file, error);
  };
  const files: PhotographFile[] = [];
  const seenBefore = new Map<string, string>();
  for (const name of jpegs) {
    const file = `${path.replace(/\/+$/, "")}/${name}`;
    const readBytes = () => readBounded(file, path);
    try {
      const bytes = await readBytes();
      const digest = await sha256(bytes);
      const first = seenBefore.get(digest);
      if (first !== undefined) throw new DataError(file, `the same file as ${first}`);
      seenBefore.set(digest, name);
      files.push({ photograph: await readPhotograph(bytes, file, reading), path: file, readBytes });
    } catch (error) {
      fault(file, error);
    }
  }
  const ofLight = withoutThermal(files, fault);
  const absolute = isYawRelative(ofLight.map((file) => file.photograph))
    ? ofLight.map(yawFromNorth)
    : ofLight;
  return [...absolute].sort((a, b) => captureOrder(a.photograph, b.photograph));
}

const JPEG = /\.jpe?g$/i;
const PICTURE = /\.(dng|tiff?|png|webp|hei[cf]|raw|arw|cr[23]|nef|orf|rw2|rjpeg)$/i;

/** Of the folder itself, in order; hidden files are none (macOS leaves `._NAME.JPG` beside each copy). */
async function namesIn(folder: string): Promise<Record<"names" | "folders", readonly string[]>> {
  const names: string[] = [], folders: string[] = [];
  try {
    for await (const entry of Deno.readDir(folder)) {
      if (!entry.name.startsWith(".")) (entry.isDirectory ? folders : names).push(entry.name);
    }
  } catch (error) {
    throw namingAbsent(error, folder);
  }
  // A copy ("DJI_1 (1).JPG") after what it was copied from.
  names.sort().sort((a, b) => Number(stemOf(a) > stemOf(b)) - Number(stemOf(a) < stemOf(b)));
  return { names, folders: folders.sort() };
}

function stemOf(name: string): string {
  const dot = name.lastIndexOf(".");
  return dot < 0 ? name : name.slice(0, dot);
}

/** Pictures of other formats that are not the raw form of a JPEG beside them. */
function withoutJpeg(names: readonly string[]): readonly string[] {
  const key = (name: string) => stemOf(name).toLowerCase();
  const known = new Set(names.filter((name) => JPEG.test(name)).map(key));
  return names.filter((name) => PICTURE.test(name) && !known.has(key(name)));
}

const NAMES_TOLD = 3;

function counted(names: readonly string[], what: "files" | "folders"): string {
  const told = names.slice(0, NAMES_TOLD).join(", ");
  return `${names.length} ${what} (${told}${names.length > NAMES_TOLD ? ", …" : ""})`;
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

/** Of a thermal and a visible camera that are released together: `…_T.JPG`, in older ones `…_R.JPG`. */
const THERMAL_NAME = /^(.*)_(?:t|r|ir)\.jpe?g$/i;
const TWIN_NAME = /^(.*?)(?:_[wzvsd])?\.jpe?g$/i;

/** A flight of thermal pictures alone stays whole. */
function withoutThermal(
  files: readonly PhotographFile[],
  fault: (path: string, error: unknown) => void,
): readonly PhotographFile[] {
  const isThermal = new Set(
    files.filter((file) => file.photograph.isThermal || hasVisibleTwin(file, files)),
  );
  if (isThermal.size === files.length) return files;
  return files.filter((file) => {
    if (!isThermal.has(file)) return true;
    fault(file.path, new DataError(file.path, "a thermal picture among others: use it by itself"));
    return false;
  });
}

/** The sensor of the thermal one is the smaller. */
function hasVisibleTwin(file: PhotographFile, files: readonly PhotographFile[]): boolean {
  const stem = THERMAL_NAME.exec(file.path)?.[1];
  if (stem === undefined) return false;
  return files.some(({ path, photograph: { calibration } }) =>
    TWIN_NAME.exec(path)?.[1] === stem &&
    calibration.widthPx > file.photograph.calibration.widthPx
  );
}

function yawFromNorth(file: PhotographFile): PhotographFile {
  const { gimbal, airframeYawDeg } = file.photograph;
  if (gimbal?.source !== "gimbal" || airframeYawDeg === null) return file;
  const yawDeg = wrapDegrees(gimbal.yawDeg + airframeYawDeg);
  return { ...file, photograph: { ...file.photograph, gimbal: { ...gimbal, yawDeg } } };
}

function captureOrder(a: Photograph, b: Photograph): number {
  const byTime = (a.capturedAt?.getTime() ?? 0) - (b.capturedAt?.getTime() ?? 0);
  return byTime !== 0 ? byTime : a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

async function readBounded(path: string, folder: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await readPlainFile(path, { within: folder, bytesMax: PHOTOGRAPH_BYTES_MAX });
  } catch (error) {
    throw namingAbsent(error, path);
  }
}

function namingAbsent(error: unknown, name: string): unknown {
  if (!(error instanceof Deno.errors.NotFound)) return error;
  return new DataError(name, "there is no such file or folder", { cause: error });
}
