/**
 * What `fly` and `replay` are both told: the package, the configuration, and where the aircraft is.
 *
 * @module
 */
import {
  configurationEnvironment,
  option,
  readConfiguration,
  readPlainTextFile,
  Refused,
} from "../core/mod.ts";
import { environmentNames } from "../native/device/mod.ts";
import { type AirborneConfig, AirborneConfigSchema } from "./config.ts";
import type { StartArea } from "./live/start.ts";
import { TRUST_FOLDER } from "./trust/config.ts";

const CONFIG_BYTES_MAX = 1024 * 1024;

export const packageOptions = {
  package: option.path({
    access: "read",
    placeholder: "PACKAGE",
    required: true,
    help: "flight package (operator provision makes it); verified whole before the flight",
  }),
  packageSha256: option.custom({
    form: "a SHA-256, 64 hexadecimal digits",
    read: (text) => /^[0-9a-f]{64}$/i.test(text) ? text.toLowerCase() : new Refused(),
  }, {
    placeholder: "SHA256",
    help: "refuse any other package: the manifest SHA-256 that operator provision printed",
  }),
  config: option.path({
    access: "read",
    placeholder: "FILE",
    help: "YAML configuration; GDN_… variables override it",
    absent: "built-in settings, those of config/airborne.example.yaml",
    settings: {
      modelPath: "read",
      "inference.ortTrtCacheDir": "write",
      "trust.folder": "read",
      "okvis2.program": "program",
      "okvis2.vocabulary": "read",
    },
  }),
  trust: option.path({
    access: "read",
    placeholder: "DIR",
    help: "folder of the public keys that packages may be signed with (airborne keys trust)",
    absent: `trust.folder of the configuration (${TRUST_FOLDER})`,
  }),
  model: option.path({
    access: "read",
    placeholder: "FILE",
    help: "neural model (.onnx) of the strategies that need one",
    absent: "modelPath of the configuration",
  }),
} as const;

const RADIUS_MIN_M = 1;
const RADIUS_MAX_M = 1_000_000;

/** Where an aircraft is for sure. */
export function startOption(settings: { readonly help: string; readonly absent?: string }) {
  return option.custom({
    form: "LAT,LON,RADIUS: degrees, and metres within which the aircraft is for sure",
    read: readStart,
  }, { placeholder: "LAT,LON,RADIUS", example: "48.51,35.02,200", ...settings });
}

function readStart(text: string): StartArea | Refused {
  const values = text.split(",").map((part) => part.trim() === "" ? NaN : Number(part));
  const [latitudeDeg, longitudeDeg, radiusM] = values;
  const isPlace = values.length === 3 && Math.abs(latitudeDeg) <= 85 &&
    Math.abs(longitudeDeg) <= 180 && radiusM >= RADIUS_MIN_M && radiusM <= RADIUS_MAX_M;
  return isPlace ? { latitudeDeg, longitudeDeg, radiusM } : new Refused();
}

/** Variables that are written as a setting within a section is, whatever they name: what is none is refused. */
function misspelledSettings(): Record<string, string> {
  const nested = environmentNames().filter((name) => name.includes("__"));
  return Object.fromEntries(nested.map((name) => [name, Deno.env.get(name) ?? ""]));
}

/** The file, overridden by GDN_… variables, overridden by the command line. */
export async function readAirborneConfig(
  { configPath, modelPath, trustFolder }: {
    readonly configPath: string | null;
    readonly modelPath: string | null;
    readonly trustFolder: string | null;
  },
): Promise<AirborneConfig> {
  const file = configPath === null ? undefined : {
    text: await readPlainTextFile(configPath, { bytesMax: CONFIG_BYTES_MAX }),
    name: configPath,
  };
  const config = readConfiguration(AirborneConfigSchema, {
    ...(file === undefined ? {} : { file }),
    environment: { ...misspelledSettings(), ...configurationEnvironment(AirborneConfigSchema) },
  });
  const { trust } = config;
  return {
    ...config,
    modelPath: modelPath ?? config.modelPath,
    trust: { ...trust, folder: trustFolder ?? trust.folder },
  };
}
