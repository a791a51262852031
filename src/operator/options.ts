/**
 * Options that several operator commands share, each declared once.
 *
 * @module
 */
import {
  type CommandIo,
  exists,
  EXIT,
  GdnError,
  option,
  Refused,
  UsageError,
} from "../core/mod.ts";
import { parseSshAddress, type SshAccess } from "../workstation/aircraft/mod.ts";

/**
 * Where the operator keeps everything (tile cache, scratch files) unless `--data` says otherwise: a
 * folder in the working directory, which the operator's permission set can read and write.
 */
const DATA_DIRECTORY_DEFAULT = "data";

const CACHE_GROUP = "Tile cache";

/** Options that select the tile cache. */
export const CACHE_OPTIONS = {
  data: option.path({
    access: "write",
    placeholder: "DIR",
    default: DATA_DIRECTORY_DEFAULT,
    help: "data folder of the tile cache",
    group: CACHE_GROUP,
  }),
  dsn: option.database({
    help: "PostgreSQL server instead of the embedded database",
    example: "postgresql://me@localhost/tiles",
    group: CACHE_GROUP,
  }),
} as const;

export interface CachePlace {
  readonly dataDirectory: string;
  /** null: the embedded database. */
  readonly dsn: string | null;
}

export function placeOf(values: { readonly data: string; readonly dsn?: string }): CachePlace {
  return { dataDirectory: values.data, dsn: values.dsn ?? null };
}

/** Opening would create a cache, which a question must not do. @throws GdnError 66 */
export async function refuseWithoutCache({ dataDirectory }: CachePlace): Promise<void> {
  if (await exists(`${dataDirectory}/cache.json`)) return;
  throw new GdnError(
    "NO_CACHE",
    `there is no tile cache in ${dataDirectory}; \`operator tiles import\` makes one, --data names ` +
      "another",
    { exitCode: EXIT.noInput },
  );
}

export const WORKERS_GROUP = "Workers on other machines";

/** Commands whose work can go to workers. */
export const WORKERS_OPTIONS = {
  workers: option.flag({
    help:
      "hand the work in to `operator worker` at the server of --dsn, and wait for the results; " +
      "what workers need to read lies in work/ in the data folder meanwhile",
    group: WORKERS_GROUP,
  }),
} as const;

/** null: without workers. @throws UsageError */
export function workersDsn(
  { workers, dsn }: { readonly workers: boolean; readonly dsn?: string },
): string | null {
  if (!workers) return null;
  if (dsn === undefined) {
    throw new UsageError("--workers needs --dsn, the server that has the jobs");
  }
  return dsn;
}

/** Where the inputs of jobs lie; a worker's --inputs names it. */
export function inputsFolderOf({ dataDirectory }: Pick<CachePlace, "dataDirectory">): string {
  return `${dataDirectory}/work`;
}

/** Commands that change tiles can record each change in the operator's own record. */
export const RECORD_OPTION = {
  record: option.flag({
    help: "keep what became of every tile (c6.* records) in recorder/ in the data folder; " +
      "`operator fdr info` and `fdr cat` read it",
    group: CACHE_GROUP,
  }),
} as const;

/** The settings of the cache that {@link RECORD_OPTION} asks for. */
export function recordOption(
  given: boolean,
  name: string,
  io: Pick<CommandIo, "err">,
): { readonly record?: { readonly name: string; readonly note: (line: string) => void } } {
  return given ? { record: { name, note: (line) => io.err(line) } } : {};
}

/** Disk budget of the tiles. */
export const BUDGET_OPTION = {
  budget: option.bytes({
    help: "what the tiles may take on the disk: those that were not used for longest make room, " +
      "those of missions and pending uploads stay",
    absent: "50GiB",
    group: CACHE_GROUP,
  }),
} as const;

/** How an aircraft that is named by `ssh://…` is reached. */
const SSH_GROUP = "Aircraft over SSH";
export const SSH_OPTIONS = {
  knownHosts: option.path({
    access: "read",
    placeholder: "FILE",
    help: "host keys of aircraft, as ssh keeps them; no others are believed",
    absent: "those of the user and the system",
    group: SSH_GROUP,
  }),
  identity: option.path({
    access: "read",
    placeholder: "FILE",
    help: "secret key of the user on the aircraft",
    absent: "as ssh finds it (agent, ~/.ssh/config)",
    group: SSH_GROUP,
  }),
} as const;

/** @throws UsageError where `address` is no `ssh://…` */
export function sshAccessOf(
  address: string,
  { knownHosts, identity }: { readonly knownHosts?: string; readonly identity?: string },
): SshAccess {
  return {
    address: parseSshAddress(address),
    knownHosts: knownHosts ?? null,
    identity: identity ?? null,
  };
}

/** Source name under which imported or downloaded tiles are stored. */
export function sourceOption(absent: string) {
  return {
    source: option.custom({
      form: "a name of a-z, 0-9 and _, 40 characters at most",
      read(text) {
        if (text === "onboard_ingest") return new Refused("it is kept for tiles made in flight");
        return /^[a-z0-9_]{1,40}$/.test(text) ? text : new Refused();
      },
    }, { help: "source name of the tiles in the cache", absent, placeholder: "NAME" }),
  } as const;
}

/**
 * Height of the ground; the same defaults for packages and for simulated flights, so that they fit each
 * other.
 */
export const GROUND_HEIGHT_OPTIONS = {
  groundHeight: option.lengthM({
    minimum: -500,
    maximum: 9000,
    help: "height of the ground over the WGS84 ellipsoid",
    absent: "0; the mean of --terrain",
  }),
  terrain: option.path({
    access: "read",
    placeholder: "FILE",
    help: "heights of the ground, a GeoTIFF that covers the area",
    absent: "the ground is flat",
  }),
  terrainDatum: option.choice(["egm96", "ellipsoid"], {
    placeholder: "DATUM",
    help: "what the heights of the terrain count from: sea level, or the ellipsoid",
    absent: "as the file says",
  }),
} as const;

/** Secrets that the provider asks for; they come from the environment only. */
export const PROVIDER_ENVIRONMENT = {
  GDN_SATELLITE_TOKEN: "token that the provider of tiles knows this operator by",
  GDN_ENROLMENT_TOKEN: "token of the safety officer, who lets a new companion computer in",
} as const;

/** A recorded flight, the argument of every `fdr` command. */
export const FLIGHT_ARGUMENT = {
  flight: option.path({
    access: "read",
    required: true,
    placeholder: "FLIGHT",
    help: "a flight's folder, the recorder's folder where it holds one flight, or one .mcap file",
  }),
} as const;
