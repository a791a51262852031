/**
 * What `fly` and `replay` are both told: the package, the configuration, and where the aircraft is.
 *
 * @module
 */
import {
  configurationEnvironment,
  option,
  type OverriddenSetting,
  readConfiguration,
  readPlainTextFile,
  readSettings,
  Refused,
} from "../core/mod.ts";
import type { FlightPackage } from "../flight/flight_package/mod.ts";
import { checkMissionSettings } from "../flight/flight_settings/mod.ts";
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
    help:
      "YAML configuration; GDN_… variables override it, and it overrides the package's settings",
    absent: "the package's settings, else those of config/airborne.example.yaml",
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

/** The settings of a flight: those of this aircraft, and with what a package says. */
export interface FlightSettings {
  /** Built in, overridden by the file, by GDN_… variables and by the command line. */
  readonly own: AirborneConfig;
  /**
   * Built in, overridden by the package, and that by the same. `overridden`: settings of the package that are not
   * as it says.
   *
   * @throws ConfigurationError (78) where the package says what no package may say
   */
  with(flightPackage: Pick<FlightPackage, "configuration">): {
    readonly config: AirborneConfig;
    readonly overridden: readonly OverriddenSetting[];
  };
}

interface SettingsSource {
  readonly configPath: string | null;
  readonly modelPath: string | null;
  readonly trustFolder: string | null;
  readonly signingKey?: string | null;
}

export async function readFlightSettings(source: SettingsSource): Promise<FlightSettings> {
  const { configPath } = source;
  const file = configPath === null ? undefined : {
    text: await readPlainTextFile(configPath, { bytesMax: CONFIG_BYTES_MAX }),
    name: configPath,
  };
  const layers = {
    ...(file === undefined ? {} : { file }),
    environment: { ...misspelledSettings(), ...configurationEnvironment(AirborneConfigSchema) },
  };
  const own = ofCommandLine(readConfiguration(AirborneConfigSchema, layers), source);
  return {
    own,
    with({ configuration: base }) {
      if (base === null) return { config: own, overridden: [] };
      checkMissionSettings(base);
      const { config, overridden } = readSettings(AirborneConfigSchema, { ...layers, base });
      return {
        config: ofCommandLine(config, source),
        overridden: [...overridden, ...otherModel(config.modelPath, own.modelPath, source)],
      };
    },
  };
}

function ofCommandLine(
  config: AirborneConfig,
  { modelPath, trustFolder, signingKey }: SettingsSource,
): AirborneConfig {
  const { trust, flightController } = config;
  return {
    ...config,
    modelPath: modelPath ?? config.modelPath,
    trust: { ...trust, folder: trustFolder ?? trust.folder },
    flightController: {
      ...flightController,
      signingKey: signingKey ?? flightController.signingKey,
    },
  };
}

function otherModel(stated: string, used: string, { modelPath }: SettingsSource) {
  if (modelPath === null || stated === "" || stated === used) return [];
  return [{ path: "modelPath", stated, used, source: "--model" }];
}

const OVERRIDDEN_TOLD = 6;

/** For a person; null where the aircraft flies by the package's settings. */
export function overriddenWarning(overridden: readonly OverriddenSetting[]): string | null {
  if (overridden.length === 0) return null;
  const told = overridden.slice(0, OVERRIDDEN_TOLD).map(({ path, stated, used, source }) =>
    `${path} is ${JSON.stringify(used)} by ${source}, the package says ${JSON.stringify(stated)}`
  );
  const more = overridden.length - told.length;
  return `NOT flown by the package's settings: ${told.join("; ")}` +
    (more > 0 ? `; and ${more} more` : "");
}
