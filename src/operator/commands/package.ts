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
  keyIdText,
  option,
  type OptionValues,
  readPlainTextFile,
  readPublicKey,
} from "../../core/mod.ts";
import {
  ANY_AIRCRAFT,
  type FlightPackage,
  openFlightPackage,
  PACKAGE_PATHS,
  type PackageTrust,
  readManifest,
  readStatement,
  readTrustFolder,
  type TrustDemands,
  type TrustStore,
  verifiedBytes,
} from "../../flight/flight_package/mod.ts";
import { takeoffText } from "./provision_mission.ts";

const PACKAGE_ARGUMENT = {
  path: option.path({
    access: "read",
    placeholder: "PACKAGE",
    required: true,
    help: "folder of the flight package",
  }),
} as const;

const TRUST_OPTIONS = {
  publicKey: option.path({
    access: "read",
    placeholder: "FILE",
    help: "public key (.pub) that must have signed it",
    absent: "those of --keys; an unsigned package, or one of another key, is said to be so",
  }),
  aircraft: option.text({
    placeholder: "ID",
    help: "aircraft that is to fly it",
    absent: "a package for some aircraft alone passes",
  }),
  keys: option.path({
    access: "read",
    placeholder: "DIR",
    default: "data/keys",
    help: "folder of keys that are trusted",
  }),
} as const;

interface Values {
  readonly path: string;
  readonly json: boolean;
}

type VerifyValues = Values & OptionValues<typeof TRUST_OPTIONS>;

export function packageVerifyCommand(): Command {
  return defineCommand({
    name: "package verify",
    summary: "hold a flight package against its manifest, and that against its signature",
    about: `
Holds every file of a flight package against its manifest: present, none foreign, size and SHA-256
right. Holds the manifest against its signature: by a key that is trusted, not expired. An unsigned package,
and one whose key is not known here, is whole all the same, and is said to be so: only simulated and recorded
flights take it.`,
    arguments: PACKAGE_ARGUMENT,
    options: TRUST_OPTIONS,
    json: "one JSON object instead of text",
    examples: [
      "operator package verify packages/kyiv",
      "operator package verify packages/kyiv --public-key airfield.pub",
    ],
    exitCodes: {
      0: "it is whole; the text says who signed it",
      65: "it is incomplete or altered; the file that is wrong is named",
      77:
        "its signature does not hold: expired, revoked, for another aircraft, or not by --public-key",
    },
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

/** The keys of the folder, or the one that was named. */
async function trustOf({ publicKey, keys }: VerifyValues): Promise<TrustStore> {
  if (publicKey === undefined) return await readTrustFolder(keys);
  const text = await readPlainTextFile(publicKey, { bytesMax: 4096 });
  const key = readPublicKey(text, publicKey), id = keyIdText(key.keyId);
  return { keys: new Map([[id, { name: publicKey, id, key }]]), revoked: new Set() };
}

/** What is no fault of the package where no key was named. */
const NOT_KNOWN: readonly string[] = ["PACKAGE_UNSIGNED", "PACKAGE_KEY_UNKNOWN"];

async function trustDemands(values: VerifyValues): Promise<TrustDemands> {
  return {
    store: await trustOf(values),
    at: new Date(),
    aircraftId: values.aircraft ?? ANY_AIRCRAFT,
    counterFlown: () => null,
    allowUntrusted: values.publicKey === undefined ? NOT_KNOWN : false,
  };
}

async function verify(values: VerifyValues, io: CommandIo): Promise<ExitCode> {
  const { path, json } = values;
  const trust = await trustDemands(values);
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
    }, { trust });
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
      signature: signatureOf(flightPackage.trust),
    }));
  } else {
    io.out(
      `${path}: whole and unaltered ("${manifest.name}", ${files} files, ` +
        `${bytesText(bytes)}, ${manifest.tileCount} tiles, ${places.length} places)`,
    );
    io.out(signatureText(flightPackage.trust));
  }
  return EXIT.ok;
}

function signatureOf(trust: PackageTrust) {
  if (trust.kind !== "trusted") {
    const reason = trust.kind === "untrusted" ? trust.reason : "";
    return { isTrusted: false, reason };
  }
  const { key: { id: keyId }, statement: { counter, createdAt, expiresAt, aircraft = [] } } = trust;
  return { isTrusted: true, keyId, counter, createdAt, expiresAt, aircraft };
}

function signatureText(trust: PackageTrust): string {
  if (trust.kind !== "trusted") {
    return trust.kind === "untrusted" ? `NOT TRUSTED: it ${trust.reason}` : "NOT TRUSTED";
  }
  const { key, statement: { counter, expiresAt, aircraft } } = trust;
  const by = key.successorOf === null ? key.name : `which ${key.successorOf} has signed`;
  return `signed by ${key.id} (${by}): version ${counter}, expires ${expiresAt}, for ` +
    `${aircraft?.join(", ") ?? "any aircraft"}`;
}

async function show({ path, json }: Values, io: CommandIo): Promise<ExitCode> {
  const manifest = await readManifest(path);
  const bytes = verifiedBytes(manifest);
  if (json) {
    const { files, ...head } = manifest;
    const signed = await readStatement(path);
    const signature = signed && { keyId: signed.keyId, ...signed.statement };
    io.out(
      JSON.stringify({ type: "package", path, ...head, fileCount: files.length, bytes, signature }),
    );
    return EXIT.ok;
  }
  const { southDeg, westDeg, northDeg, eastDeg } = manifest.area;
  const corner = (latitudeDeg: number, longitudeDeg: number) =>
    `${latitudeDeg.toFixed(6)},${longitudeDeg.toFixed(6)}`;
  io.out(`name            ${manifest.name}`);
  io.out(`area            ${corner(southDeg, westDeg)} to ${corner(northDeg, eastDeg)}`);
  io.out(`tiles           ${manifest.tileCount} at zoom ${manifest.zoom}`);
  io.out(`ground height   ${manifest.groundHeightM} m over the ellipsoid`);
  const { terrain } = manifest;
  io.out(
    `terrain         ${
      terrain === undefined
        ? "none: the ground is flat"
        : `${terrain.minimumM.toFixed(0)} to ${
          terrain.maximumM.toFixed(0)
        } m over the ellipsoid, ` +
          `a height each ${terrain.spacingM.toFixed(1)} m (${terrain.source})`
    }`,
  );
  io.out(`map error       ${manifest.mapRegistrationSigmaM} m (1 sigma)`);
  io.out(`take-off        ${manifest.takeoff ? takeoffText(manifest.takeoff) : "not stated"}`);
  const has = (path: string) => manifest.files.some((file) => file.path === path);
  io.out(`calibration     ${has(PACKAGE_PATHS.calibration) ? PACKAGE_PATHS.calibration : "none"}`);
  io.out(
    `settings        ${has(PACKAGE_PATHS.configuration) ? PACKAGE_PATHS.configuration : "none"}`,
  );
  const signed = await readStatement(path);
  io.out(
    `signature       ${
      signed === null ? "none: it is unsigned" : `by ${signed.keyId} (not verified here)`
    }`,
  );
  if (signed !== null) {
    const { counter, expiresAt, aircraft } = signed.statement;
    io.out(`version         ${counter}, expires ${expiresAt}`);
    io.out(`aircraft        ${aircraft?.join(", ") ?? "any"}`);
  }
  const { freshness } = manifest;
  if (freshness?.firstExpiresAt) io.out(`first tile ends ${freshness.firstExpiresAt}`);
  for (const { classification, reason, tiles } of freshness?.leftOut ?? []) {
    io.out(`left out        ${tiles} tiles: ${classification}, ${reason}`);
  }
  io.out(`files           ${manifest.files.length}, ${bytesText(bytes)}`);
  io.out(`format version  ${manifest.formatVersion}`);
  return EXIT.ok;
}
