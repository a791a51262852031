/**
 * `operator package verify` and `operator package show`.
 *
 * @module
 */
import { type Command, type CommandIo, EXIT, type ExitCode, UsageError } from "../../core/mod.ts";
import {
  type FlightPackage,
  openFlightPackage,
  readManifest,
  verifiedBytes,
} from "../../flight/flight_package/mod.ts";
import { parseCommandLine } from "../options.ts";

const VERIFY_HELP = `operator package verify PACKAGE [--json]

Holds every file of a flight package against its manifest: present, none foreign, size and SHA-256
right. Exit code 0 when it may fly, 65 with the name of the file when it may not.

Example
  operator package verify packages/kyiv`;

const SHOW_HELP = `operator package show PACKAGE [--json]

Shows what a flight package says of itself, without verifying its files.

Example
  operator package show packages/kyiv`;

const OPTIONS = { json: { type: "boolean" } } as const;

export function packageVerifyCommand(): Command {
  return {
    name: "package verify",
    summary: "hold every file of a flight package against its manifest",
    help: VERIFY_HELP,
    run: verify,
  };
}

export function packageShowCommand(): Command {
  return {
    name: "package show",
    summary: "show what a flight package holds",
    help: SHOW_HELP,
    run: show,
  };
}

async function verify(args: readonly string[], io: CommandIo): Promise<ExitCode> {
  const { path, json } = parse("package verify", args);
  const bar: { current?: Disposable & { end(note?: string): void } } = {};
  let flightPackage: FlightPackage;
  try {
    flightPackage = await openFlightPackage(path, (manifest) => {
      const progress = io.progress("verifying", verifiedBytes(manifest));
      bar.current = progress;
      return (doneBytes) => {
        io.signal.throwIfAborted();
        progress.update(doneBytes);
      };
    });
    bar.current?.end();
  } finally {
    bar.current?.[Symbol.dispose]();
  }
  const { manifest, places } = flightPackage;
  const files = manifest.files.length, bytes = verifiedBytes(manifest);
  if (json) {
    io.out(JSON.stringify({
      type: "verified",
      path,
      name: manifest.name,
      files,
      bytes,
      tiles: manifest.tileCount,
      places: places.length,
    }));
  } else {
    io.out(
      `${path}: whole and unaltered ("${manifest.name}", ${files} files, ` +
        `${(bytes / 1e6).toFixed(1)} MB, ${manifest.tileCount} tiles, ${places.length} places)`,
    );
  }
  return EXIT.ok;
}

async function show(args: readonly string[], io: CommandIo): Promise<ExitCode> {
  const { path, json } = parse("package show", args);
  const manifest = await readManifest(path);
  const bytes = verifiedBytes(manifest);
  if (json) {
    const { files, ...head } = manifest;
    io.out(JSON.stringify({ type: "package", path, ...head, fileCount: files.length, bytes }));
    return EXIT.ok;
  }
  const { southDeg, westDeg, northDeg, eastDeg } = manifest.area;
  const corner = (latitudeDeg: number, longitudeDeg: number) =>
    `${latitudeDeg.toFixed(6)},${longitudeDeg.toFixed(6)}`;
  io.out(`name            ${manifest.name}`);
  io.out(`area            ${corner(southDeg, westDeg)} to ${corner(northDeg, eastDeg)}`);
  io.out(`tiles           ${manifest.tileCount} at zoom ${manifest.zoom}`);
  io.out(`ground height   ${manifest.groundHeightM} m over the ellipsoid`);
  io.out(`map error       ${manifest.mapRegistrationSigmaM} m (1 sigma)`);
  const { freshness } = manifest;
  if (freshness?.firstExpiresAt) io.out(`first tile ends ${freshness.firstExpiresAt}`);
  for (const { classification, reason, tiles } of freshness?.leftOut ?? []) {
    io.out(`left out        ${tiles} tiles: ${classification}, ${reason}`);
  }
  io.out(`files           ${manifest.files.length}, ${(bytes / 1e6).toFixed(1)} MB`);
  io.out(`format version  ${manifest.formatVersion}`);
  return EXIT.ok;
}

function parse(command: string, args: readonly string[]): { path: string; json: boolean } {
  const { values, positionals } = parseCommandLine(args, OPTIONS);
  if (positionals.length !== 1) {
    throw new UsageError(`${command} takes one PACKAGE, got ${positionals.length}`);
  }
  const [path] = positionals;
  return { path: path.length > 1 ? path.replace(/\/+$/, "") : path, json: values.json ?? false };
}
