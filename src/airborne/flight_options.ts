/**
 * What `fly` and `replay` are both told: the package and the configuration.
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
import { type AirborneConfig, AirborneConfigSchema } from "./config.ts";

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
    settings: { modelPath: "read", "inference.ortTrtCacheDir": "write" },
  }),
  model: option.path({
    access: "read",
    placeholder: "FILE",
    help: "neural model (.onnx) of the strategies that need one",
    absent: "modelPath of the configuration",
  }),
} as const;

/** The file, overridden by GDN_… variables, overridden by the command line. */
export async function readAirborneConfig(
  { configPath, modelPath }: {
    readonly configPath: string | null;
    readonly modelPath: string | null;
  },
): Promise<AirborneConfig> {
  const file = configPath === null ? undefined : {
    text: await readPlainTextFile(configPath, { bytesMax: CONFIG_BYTES_MAX }),
    name: configPath,
  };
  const config = readConfiguration(AirborneConfigSchema, {
    ...(file === undefined ? {} : { file }),
    environment: configurationEnvironment(AirborneConfigSchema),
  });
  return modelPath === null ? config : { ...config, modelPath };
}
