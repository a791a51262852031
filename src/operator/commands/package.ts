/**
 * `operator package verify` and `operator package show`.
 *
 * @module
 */
import {
  bytesText,
  type Command,
  type CommandIo,
  defineCommand,
  EXIT,
  type ExitCode,
  option,
} from "../../core/mod.ts";
import {
  type FlightPackage,
  openFlightPackage,
  readManifest,
  verifiedBytes,
} from "../../flight/flight_package/mod.ts";

const PACKAGE_ARGUMENT = {
  path: option.path({
    access: "read",
    placeholder: "PACKAGE",
    required: true,
    help: "folder of the flight package",
  }),
} as const;

interface Values {
  readonly path: string;
  readonly json: boolean;
}

export function packageVerifyCommand(): Command {
  return defineCommand({
    name: "package verify",
    summary: "hold every file of a flight package against its manifest",
    about: `
Holds every file of a flight package against its manifest: present, none foreign, size and SHA-256
right.`,
    arguments: PACKAGE_ARGUMENT,
    options: {},
    json: "one JSON object instead of text",
    examples: ["operator package verify packages/kyiv"],
    exitCodes: { 0: "it may fly", 65: "it may not; the file that is wrong is named" },
    run: verify,
  });
}

export function packageShowCommand(): Command {
  return defineCommand({
    name: "package show",
    summary: "show what a flight package holds",
    about: "Shows what a flight package says of itself, without verifying its files.",
    arguments: PACKAGE_ARGUMENT,
    options: {},
    json: "one JSON object instead of text",
    examples: ["operator package show packages/kyiv"],
    run: show,
  });
}

async function verify({ path, json }: Values, io: CommandIo): Promise<ExitCode> {
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
        `${bytesText(bytes)}, ${manifest.tileCount} tiles, ${places.length} places)`,
    );
  }
  return EXIT.ok;
}

async function show({ path, json }: Values, io: CommandIo): Promise<ExitCode> {
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
  io.out(`files           ${manifest.files.length}, ${bytesText(bytes)}`);
  io.out(`format version  ${manifest.formatVersion}`);
  return EXIT.ok;
}
