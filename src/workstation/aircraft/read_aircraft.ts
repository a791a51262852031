/**
 * What a preflight wants to know of the aircraft's computer, asked over SSH. Nothing there is changed but a
 * file that is written, synced and removed again where flights are recorded.
 *
 * @module
 */
import { parse } from "yaml";
import * as z from "zod";
import { EXIT } from "../../core/mod.ts";
import { partedScript, partsOf, type ShellParts, shellWord } from "./shell.ts";
import { AircraftError, askThere, type SshAccess } from "./ssh.ts";

interface AircraftPlaces {
  /** Configuration of `airborne` there. */
  readonly configuration: string;
  /** Where flights are recorded, relative to the aircraft's folder; null: as is usual there. */
  readonly recorder: string | null;
}

/** Settings of `airborne` that the preflight follows; what is not there has its default. */
const SettingsSchema = z.object({
  trust: z.object({
    folder: z.string().min(1).default("/etc/gdn/trust"),
    aircraftId: z.string().default(""),
  }).default({ folder: "/etc/gdn/trust", aircraftId: "" }),
  camera: z.object({ calibration: z.string().default("") }).default({ calibration: "" }),
  live: z.object({
    package: z.string().default(""),
    recorder: z.string().default(""),
  }).default({ package: "", recorder: "" }),
});
type AircraftSettings = Readonly<z.infer<typeof SettingsSchema>>;

/** A small file there, with its permissions. */
interface FileThere {
  readonly name: string;
  readonly mode: number;
  readonly text: string;
}

export interface AircraftReading {
  readonly user: string;
  /** Of its clock, and of this computer's at the same moment, as far as the line tells: milliseconds UTC. */
  readonly utcMs: number;
  readonly workstationMs: number;
  readonly settings: AircraftSettings;
  /** What `airborne --version --json` says; a text that begins otherwise says why it says nothing. */
  readonly version: string;
  readonly recorder: string;
  /** A text says why it is not known. */
  readonly freeBytes: number | string;
  readonly syncMsMax: number | string;
  /** Files of the kernel about temperatures, by their paths. */
  readonly thermal: ReadonlyMap<string, string>;
  /** Folder of the keys that it trusts, and its files; null: there is none. */
  readonly trust: { readonly mode: number; readonly files: readonly FileThere[] } | null;
  /** The calibration that its configuration names; empty: it cannot be read. null: it names none. */
  readonly calibration: string | null;
  /** `live_state.json` and `packages_flown.json` of the recorder; empty: there is none. */
  readonly liveState: string;
  readonly packagesFlown: string;
  /** Packages below the aircraft's folder, and the one that its configuration names. */
  readonly packages: readonly { readonly path: string; readonly manifestSha256: string }[];
}

const SMALL_BYTES_MAX = 1024 * 1024;
const WITHIN_MS = 30_000;

/** @throws AircraftError */
export async function readAircraft(
  access: SshAccess,
  places: AircraftPlaces,
  signal: AbortSignal,
): Promise<AircraftReading> {
  const { folder } = access.address;
  const first = await ask(access, factsOf(places.configuration), signal);
  const utcMs = 1000 * Number(first.of("clock").trim());
  if (!(utcMs > 0)) throw odd(access, `date says ${JSON.stringify(first.of("clock").trim())}`);
  const settings = settingsOf(first.of("configuration"), places.configuration);
  const usual = first.of("records").trim() === "yes" ? "records" : settings.live.recorder;
  const recorder = within(folder, places.recorder ?? (usual || "flights"));
  const second = await ask(access, placesOf(recorder, settings, folder), signal);
  return {
    user: first.of("user").trim(),
    utcMs,
    workstationMs: first.firstMs,
    settings,
    version: first.of("version").trim(),
    recorder,
    freeBytes: freeBytesOf(second.of("disk")),
    syncMsMax: syncMsOf(second.of("write"), recorder),
    thermal: new Map(
      first.of("thermal").split("\n").flatMap((line) => {
        const [, path, text] = /^(\/sys\/[^:]+):(.*)$/.exec(line) ?? [];
        return path === undefined ? [] : [[path, text] as const];
      }),
    ),
    trust: trustOf(second.of("trust")),
    calibration: settings.camera.calibration === "" ? null : second.of("calibration"),
    liveState: second.of("live").trim(),
    packagesFlown: second.of("flown").trim(),
    packages: [...second.of("packages").matchAll(/^([0-9a-f]{64}) [ *](.+)\/manifest\.json$/gm)]
      .map(([, manifestSha256, path]) => ({ path: within(folder, path), manifestSha256 })),
  };
}

async function ask(access: SshAccess, parts: ShellParts, signal: AbortSignal) {
  const mark = `--${crypto.randomUUID()}`;
  const stopping = AbortSignal.any([signal, AbortSignal.timeout(WITHIN_MS)]);
  const script = `cd ${shellWord(access.address.folder)} || exit\n${partedScript(parts, mark)}`;
  try {
    const { text, firstMs } = await askThere(access, script, stopping);
    const answers = partsOf(text, mark);
    if (answers === undefined) throw odd(access, "its answer was cut off");
    return { firstMs, of: (name: keyof typeof parts) => answers.get(name) ?? "" };
  } catch (error) {
    if (signal.aborted || !stopping.aborted) throw error;
    throw odd(access, `it has not answered for ${WITHIN_MS / 1000} s`);
  }
}

function odd({ address: { host } }: SshAccess, what: string): AircraftError {
  return new AircraftError("AIRCRAFT", `Cannot read the aircraft ${host}: ${what}`, {
    exitCode: EXIT.tryAgain,
  });
}

const small = (path: string) => `[ -f ${path} ] && head -c ${SMALL_BYTES_MAX} ${path}`;
const THERMAL = ["type", "temp", "cur_state", "trip_point_*_type", "trip_point_*_temp"];

/** `clock` comes first: when it arrives tells how far the two clocks are apart. */
function factsOf(configuration: string): ShellParts {
  const sys = "/sys/class/thermal";
  return {
    clock: "date +%s.%N",
    user: "id -un",
    configuration: small(shellWord(configuration)),
    records: "[ -d records ] && echo yes",
    thermal: `grep -sH . ${
      THERMAL.flatMap((name) => [`${sys}/thermal_zone*/${name}`, `${sys}/cooling_device*/${name}`])
        .join(" ")
    }`,
    version: "PATH=$PATH:/usr/local/bin:/opt/gdn/bin\nairborne --version --json",
  };
}

const WRITES = 5, WRITE_BYTES = 256 * 1024;

function placesOf(recorder: string, settings: AircraftSettings, folder: string): ShellParts {
  const there = shellWord(recorder), trust = shellWord(settings.trust.folder);
  const probe = shellWord(`${recorder}/.preflight-${crypto.randomUUID()}`);
  const flown = settings.live.package === ""
    ? ""
    : `\nfind ${
      shellWord(within(folder, settings.live.package))
    } -maxdepth 1 -name manifest.json ` +
      "-type f -exec sha256sum {} +";
  return {
    disk: `d=${there}; while [ ! -d "$d" ]; do d=$(dirname "$d"); done; df -Pk "$d" | tail -n 1`,
    write: `new=; [ -d ${there} ] || { mkdir -p ${there} || exit; new=yes; }
i=0; while [ $i -lt ${WRITES} ]; do i=$((i+1)); a=$(date +%s%N)
dd if=/dev/zero of=${probe} bs=${WRITE_BYTES} count=1 conv=fsync 2>&1 || { rm -f ${probe}; exit; }
b=$(date +%s%N); rm -f ${probe}; echo "took $(( (b - a) / 1000 ))"; done
[ -z "$new" ] || rmdir ${there}`,
    calibration: settings.camera.calibration === ""
      ? ":"
      : small(shellWord(within(folder, settings.camera.calibration))),
    live: small(shellWord(`${recorder}/live_state.json`)),
    flown: small(shellWord(`${recorder}/packages_flown.json`)),
    trust:
      `[ -d ${trust} ] && cd ${trust} && stat -c 'folder %a' . && for f in *.pub revoked_keys.txt; do
[ -f "$f" ] && echo && stat -c 'file %a %n' -- "$f" && head -c ${SMALL_BYTES_MAX} -- "$f"; done`,
    packages: `find . -xdev -maxdepth 6 -name manifest.json -type f -exec sha256sum {} +${flown}`,
  };
}

/** @throws AircraftError for a configuration that is none: the aircraft would not fly with it either */
function settingsOf(text: string, path: string): AircraftSettings {
  try {
    return SettingsSchema.parse(parse(text) ?? {});
  } catch (cause) {
    throw new AircraftError(
      "AIRCRAFT",
      `The aircraft's ${path} cannot be used: it is no YAML of settings`,
      {
        cause,
        exitCode: EXIT.configuration,
      },
    );
  }
}

function freeBytesOf(text: string): number | string {
  const kilobytes = /^\S+.*?\s+\d+\s+\d+\s+(-?\d+)\s+\S+\s+\//m.exec(text)?.[1];
  return kilobytes === undefined ? lastLine(text) || "df says nothing" : 1024 * Number(kilobytes);
}

function syncMsOf(text: string, recorder: string): number | string {
  const tookUs = [...text.matchAll(/^took (\d+)$/gm)].map(([, us]) => Number(us));
  if (tookUs.length === WRITES) return Math.max(...tookUs) / 1000;
  return `${recorder} cannot be written: ${lastLine(text) || "its shell says nothing"}`;
}

function trustOf(text: string): AircraftReading["trust"] {
  const mode = /^folder ([0-7]+)$/m.exec(text)?.[1];
  if (mode === undefined) return null;
  const files: FileThere[] = [];
  const heads = [...text.matchAll(/^file ([0-7]+) (\S+)\n/gm)];
  for (const [index, { 0: head, 1: octal, 2: name, index: at }] of heads.entries()) {
    const end = heads[index + 1]?.index ?? text.length;
    files.push({ name, mode: parseInt(octal, 8), text: text.slice(at + head.length, end) });
  }
  return { mode: parseInt(mode, 8), files };
}

function within(folder: string, path: string): string {
  const plain = path.replace(/^(\.\/)+/, "").replace(/\/+$/, "");
  return plain.startsWith("/") ? plain : `${folder}/${plain}`;
}

function lastLine(text: string): string {
  return text.trim().split(/\r?\n/).at(-1) ?? "";
}
