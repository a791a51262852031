/**
 * `operator engines list` and `operator engines verify`.
 *
 * @module
 */
import {
  type Command,
  type CommandIo,
  defineCommand,
  EXIT,
  type ExitCode,
} from "../../core/mod.ts";
import {
  type EngineParts,
  ENGINES_ARGUMENT,
  HOST_OPTION,
  hostOf,
  hostText,
  modelFileText,
  readModelFiles,
} from "./engines_options.ts";

interface Values {
  readonly path: string;
  readonly host: string | undefined;
  readonly json: boolean;
}

export function enginesListCommand(parts: EngineParts): Command {
  return defineCommand({
    name: "engines list",
    summary: "list the models and engines of a folder or a flight package",
    about: `
Lists ONNX models and engines of TensorRT: precision, size, whether they fit the host, and whether their
bytes are those that the sidecar and the package say.`,
    arguments: ENGINES_ARGUMENT,
    options: HOST_OPTION,
    json: "one JSON object a file and line",
    examples: [
      "operator engines list packages/kyiv",
      "operator engines list engines --host sm87.jp6.2.trt10.3.0 --json",
    ],
    run: async (values, io) => await list(parts, values, io),
  });
}

export function enginesVerifyCommand(parts: EngineParts): Command {
  return defineCommand({
    name: "engines verify",
    summary: "hold models and engines against the gate that stands before a flight",
    about: `
Holds every model and engine of a folder or a flight package against the gate that the aircraft has:
name, host, sidecar, size and SHA-256. Where it is not known which host is to fly them (TensorRT is not
installed here, and there is no --host) everything else is checked, and a line says so.`,
    arguments: ENGINES_ARGUMENT,
    options: HOST_OPTION,
    json: "one JSON object a file and line",
    examples: [
      "operator engines verify packages/kyiv",
      "operator engines verify packages/kyiv --host sm87.jp6.2.trt10.3.0",
    ],
    exitCodes: {
      0: "all of them may fly",
      65: "at least one would be refused; each is named with its reason",
      66: "there are none",
    },
    run: async (values, io) => await verify(parts, values, io),
  });
}

async function list(parts: EngineParts, { path, host, json }: Values, io: CommandIo) {
  const files = await readModelFiles(path, await hostOf(host, parts));
  for (const each of files) {
    io.out(json ? JSON.stringify({ type: "model", ...each }) : modelFileText(each));
  }
  if (!json && files.length === 0) io.out(`${path}: no models and no engines`);
  return EXIT.ok;
}

async function verify(
  parts: EngineParts,
  { path, host: given, json }: Values,
  io: CommandIo,
): Promise<ExitCode> {
  const host = await hostOf(given, parts);
  const files = await readModelFiles(path, host);
  const refused = files.filter(({ refusal }) => refusal !== null);
  for (const each of files) {
    if (json) io.out(JSON.stringify({ type: "model", ...each }));
    else io.out(each.refusal ?? `${each.file}: may fly`);
  }
  if (host === null && files.some(({ file }) => file.endsWith(".engine"))) {
    io.err(
      "engines verify: the host was not checked: TensorRT is not installed here; give --host",
    );
  } else if (host !== null && !json) {
    io.out(`host: ${hostText(host)}`);
  }
  if (files.length === 0) {
    io.err(`engines verify: ${path} holds no models and no engines`);
    return EXIT.noInput;
  }
  return refused.length === 0 ? EXIT.ok : EXIT.data;
}
