/**
 * `operator package sign`.
 *
 * @module
 */
import {
  type Command,
  type CommandIo,
  defineCommand,
  EXIT,
  type ExitCode,
  GdnError,
  keyIdText,
  type MinisignSecretKey,
  option,
  type OptionValues,
  readSecretKey,
  Refused,
  UsageError,
} from "../../core/mod.ts";
import {
  AIRCRAFT_ID_PATTERN,
  AIRCRAFT_MAX,
  REVOKED_MAX,
  verifiedBytes,
} from "../../flight/flight_package/mod.ts";
import {
  type HeldKey,
  KeyFolder,
  noteSignedVersion,
  readSignedVersions,
  signPackage,
} from "../../workstation/package_signing/mod.ts";
import {
  KEY_FD_OPTION,
  PASSPHRASE_OPTION,
  readPassphrases,
  readSecretText,
} from "../secret_input.ts";
import { keyNameOption, KEYS_OPTION } from "./keys.ts";

const DAYS_DEFAULT = 30;
const DAY_MS = 24 * 3600 * 1000;

const OPTIONS = {
  key: keyNameOption("key that signs (operator keys create)"),
  keyFd: KEY_FD_OPTION,
  ...PASSPHRASE_OPTION,
  expires: option.date({
    help: "after it no aircraft takes off with the package",
    absent: `${DAYS_DEFAULT} days from now`,
  }),
  aircraft: option.custom({
    form: "an aircraft's id: letters, digits, dot, dash and underscore, 64 at most",
    read: (text) => AIRCRAFT_ID_PATTERN.test(text) ? text : new Refused(),
  }, {
    placeholder: "ID",
    multiple: true,
    help: "only this aircraft may fly it (trust.aircraftId of its configuration)",
    absent: "any aircraft",
  }),
  counter: option.count({
    minimum: 1,
    maximum: Number.MAX_SAFE_INTEGER,
    help: "version of the package; an aircraft refuses a lower one than it has flown of this name",
    absent: "one more than the last that was signed with this folder of keys",
  }),
  ...KEYS_OPTION,
} as const;

type Values = OptionValues<typeof OPTIONS> & { readonly path: string; readonly json: boolean };

export function packageSignCommand(): Command {
  return defineCommand({
    name: "package sign",
    summary: "sign a flight package, so that an aircraft flies it",
    about: `
Verifies a flight package whole and signs it: manifest.json.minisig is written into it, which states name,
version, expiry and the aircraft that may fly it. An older signature is replaced. minisign checks it too:
\`minisign -V -m PACKAGE/manifest.json -p KEY.pub\`.`,
    arguments: {
      path: option.path({
        access: "write",
        placeholder: "PACKAGE",
        required: true,
        help: "folder of the flight package",
      }),
    },
    options: OPTIONS,
    json: "one JSON object instead of text",
    examples: [
      "operator package sign packages/kyiv --key airfield",
      "operator package sign packages/kyiv --key airfield --expires 2026-12-31 --aircraft falcon-7",
    ],
    exitCodes: {
      65: "it may not be signed; the file that is wrong is named",
      77:
        "refused: the key file is readable by others, the passphrase is wrong, or the key is revoked",
    },
    run,
  });
}

async function run(values: Values, io: CommandIo): Promise<ExitCode> {
  const now = new Date();
  const expiresAt = values.expires ?? new Date(now.getTime() + DAYS_DEFAULT * DAY_MS);
  if (expiresAt <= now) throw new UsageError("--expires lies in the past");
  if (values.aircraft.length > AIRCRAFT_MAX) {
    throw new UsageError(`--aircraft: ${AIRCRAFT_MAX} at most; sign without for any aircraft`);
  }
  const folder = new KeyFolder(values.keys);
  const { secretKey, lineage } = await unlock(values, folder);
  const revoked = (await folder.list()).filter(({ isRevoked }) => isRevoked).map(({ id }) => id);
  const versions = await readSignedVersions(values.keys);
  const statement = await signWithProgress(values, io, {
    secretKey,
    lineage,
    createdAt: now,
    expiresAt,
    counterOf: (name) => values.counter ?? (versions[name] ?? 0) + 1,
    ...(values.aircraft.length === 0 ? {} : { aircraft: [...values.aircraft] }),
    ...(revoked.length === 0 ? {} : { revokedKeys: revoked.slice(-REVOKED_MAX) }),
  });
  if (values.key !== undefined) {
    await noteSignedVersion(values.keys, statement.name, statement.counter);
  }
  const keyId = keyIdText(secretKey.keyId);
  if (values.json) {
    io.out(JSON.stringify({ type: "signed", path: values.path, keyId, ...statement }));
  } else {
    const { name, counter, aircraft } = statement;
    io.out(
      `${values.path}: signed with ${keyId} ("${name}" version ${counter}, expires ` +
        `${statement.expiresAt}, for ${aircraft?.join(", ") ?? "any aircraft"})`,
    );
  }
  return EXIT.ok;
}

async function signWithProgress(
  { path }: Values,
  io: CommandIo,
  request: Parameters<typeof signPackage>[1],
) {
  using stack = new DisposableStack();
  return await signPackage(path, request, (manifest) => {
    const bar = stack.use(io.progress("verifying", verifiedBytes(manifest)));
    return (doneBytes) => {
      io.signal.throwIfAborted();
      bar.update(doneBytes);
    };
  });
}

/** @throws GdnError (77) for a key that is revoked, readable by others, or not to be opened */
export async function unlock(
  { key: name, keyFd, passphraseFd }: Pick<Values, "key" | "keyFd" | "passphraseFd">,
  folder: KeyFolder,
): Promise<{ readonly secretKey: MinisignSecretKey; readonly lineage: readonly HeldKey[] }> {
  if ((name === undefined) === (keyFd === undefined)) {
    throw new UsageError("give --key NAME, or --key-fd FD");
  }
  if (name === undefined) {
    return { secretKey: keyFrom(keyFd ?? 0, passphraseFd), lineage: [] };
  }
  const held = await folder.find(name);
  if (held.isRevoked) {
    throw new GdnError(
      "SIGNING_KEY",
      `Cannot sign: key ${held.name} (${held.id}) is revoked; sign with another`,
      { exitCode: EXIT.refused },
    );
  }
  using secrets = readPassphrases(passphraseFd, [`passphrase of ${name}`]);
  return {
    secretKey: await folder.unlock(name, secrets.lines[0]),
    lineage: await folder.lineage(held),
  };
}

/** Of a descriptor: with a passphrase where it is encrypted. */
function keyFrom(descriptor: number, passphraseFd: number): MinisignSecretKey {
  const text = readSecretText(descriptor), name = `the key of descriptor ${descriptor}`;
  // "Ed" and "Sc" (scrypt) in base64: it is encrypted.
  if (!text.includes("\nRWRTY0")) return readSecretKey(text, name);
  if (passphraseFd === descriptor) {
    throw new UsageError("--key-fd and --passphrase-fd name the same descriptor");
  }
  using secrets = readPassphrases(passphraseFd, [`passphrase of ${name}`]);
  return readSecretKey(text, name, secrets.lines[0]);
}
