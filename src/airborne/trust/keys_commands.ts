/**
 * `airborne keys trust|list|revoke`: on the aircraft, as root: whose packages it flies.
 *
 * @module
 */
import { basename } from "node:path";
import * as z from "zod";
import {
  type Command,
  type CommandIo,
  DataError,
  defineCommand,
  EXIT,
  type ExitCode,
  GdnError,
  keyIdText,
  nullIfAbsent,
  option,
  readPlainTextFile,
  readPublicKey,
  replaceFile,
  UsageError,
} from "../../core/mod.ts";
import {
  KEY_ID_PATTERN,
  PUBLIC_KEY_SUFFIX,
  readTrustFolder,
  REVOKED_KEYS_FILE,
  revokedIds,
} from "../../flight/flight_package/mod.ts";
import { TRUST_FOLDER } from "./config.ts";

const FILE_BYTES_MAX = 1024 * 1024;
const OTHERS = "as root, where the folder is root's";

/** What the three commands print with `--json`. */
export const KeyLineSchema = z.strictObject({
  type: z.literal("key"),
  name: z.string().describe("of its file; of a revoked key that is not installed: empty"),
  id: z.string().describe("as minisign prints it"),
  state: z.enum(["trusted", "revoked"]),
});
type KeyLine = z.infer<typeof KeyLineSchema>;

const trustFolder = (access: "read" | "write") =>
  option.path({
    access,
    placeholder: "DIR",
    default: TRUST_FOLDER,
    help: "folder of the keys, as trust.folder of the configuration names it",
  });

export function keysCommands(): readonly Command[] {
  const shared = {
    json: "one JSON object a key instead of text",
    exitCodes: { 77: "refused: others may write the folder, or the key is revoked" },
  };
  return [
    defineCommand({
      ...shared,
      name: "keys trust",
      summary: "fly packages that this key has signed",
      about: `
Installs a public key (operator keys export) on this aircraft, ${OTHERS}: from then on it flies packages
that the key has signed, and those of later keys that it has signed itself. Compare the key's id with the
one that the operator reads out; who can bring another key here can bring another map.`,
      arguments: {
        file: option.path({
          access: "read",
          placeholder: "FILE",
          required: true,
          help: "public key (.pub)",
        }),
      },
      options: { trust: trustFolder("write") },
      examples: ["airborne keys trust airfield.pub"],
      run: (values, io) => guarded(values.trust, () => trust(values, io)),
    }),
    defineCommand({
      ...shared,
      name: "keys list",
      summary: "show whose packages this aircraft flies",
      about:
        "Shows the keys that are trusted, and those that are revoked. Without any it ends with 66.",
      options: { trust: trustFolder("read") },
      examples: ["airborne keys list --json"],
      run: (values, io) => list(values, io),
    }),
    defineCommand({
      ...shared,
      name: "keys revoke",
      summary: "fly nothing more that this key has signed",
      about: `
Revokes a key on this aircraft, ${OTHERS}, for good: neither packages nor later keys that it has signed
are believed any more. A package that is signed with the operator's list of revoked keys does the same at
its first flight.`,
      arguments: {
        id: option.text({ placeholder: "ID", help: "id of the key, 16 digits A to F" }),
      },
      options: {
        list: option.path({
          access: "read",
          placeholder: "FILE",
          help: `all keys of such a list (${REVOKED_KEYS_FILE} of operator keys revoke)`,
        }),
        trust: trustFolder("write"),
      },
      examples: [
        "airborne keys revoke EA84B77BA7A28EE0",
        "airborne keys revoke --list card/revoked_keys.txt",
      ],
      run: (values, io) => guarded(values.trust, () => revoke(values, io)),
    }),
  ];
}

interface Values {
  readonly trust: string;
  readonly json: boolean;
}

async function trust(
  { file, trust: folder, json }: Values & { readonly file: string },
  io: CommandIo,
): Promise<ExitCode> {
  const text = await readPlainTextFile(file, { bytesMax: FILE_BYTES_MAX });
  const id = keyIdText(readPublicKey(text, file).keyId);
  const store = await readTrustFolder(folder);
  if (store.revoked.has(id)) throw refused(file, `key ${id} is revoked here; it stays so`);
  const name = basename(file, PUBLIC_KEY_SUFFIX);
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name)) {
    throw new DataError(file, "has a name that no key may have: letters, digits, dot, dash");
  }
  const path = `${folder}/${name}${PUBLIC_KEY_SUFFIX}`;
  for (const [otherId, other] of store.keys) {
    if (other.name === name && otherId !== id) {
      throw refused(path, `is another key (${otherId}); rename ${file}, or remove that one`);
    }
  }
  if (!store.keys.has(id)) await install(folder, path, text);
  print({ type: "key", name: store.keys.get(id)?.name ?? name, id, state: "trusted" }, json, io);
  return EXIT.ok;
}

async function list({ trust: folder, json }: Values, io: CommandIo): Promise<ExitCode> {
  const { keys, revoked } = await readTrustFolder(folder);
  for (const { id, name } of keys.values()) {
    print({ type: "key", name, id, state: revoked.has(id) ? "revoked" : "trusted" }, json, io);
  }
  for (const id of revoked) {
    if (!keys.has(id)) print({ type: "key", name: "", id, state: "revoked" }, json, io);
  }
  if (keys.size > 0) return EXIT.ok;
  throw new GdnError(
    "NO_KEY",
    `no key is trusted in ${folder}: this aircraft flies no package; \`airborne keys trust FILE\` ` +
      "installs one",
    { exitCode: EXIT.noInput },
  );
}

async function revoke(
  { id, list: listPath, trust: folder, json }: Values & {
    readonly id?: string;
    readonly list?: string;
  },
  io: CommandIo,
): Promise<ExitCode> {
  if ((id === undefined) === (listPath === undefined)) {
    throw new UsageError("give the id of a key, or --list FILE");
  }
  if (id !== undefined && !KEY_ID_PATTERN.test(id)) {
    throw new UsageError(`"${id}" is no id of a key: 16 digits and letters A to F, see keys list`);
  }
  const ids = listPath === undefined
    ? [id ?? ""]
    : revokedIds(await readPlainTextFile(listPath, { bytesMax: FILE_BYTES_MAX }), listPath);
  const store = await readTrustFolder(folder);
  const path = `${folder}/${REVOKED_KEYS_FILE}`;
  const before = await nullIfAbsent(readPlainTextFile(path, { bytesMax: FILE_BYTES_MAX })) ?? "";
  const fresh = ids.filter((each) => !store.revoked.has(each));
  const on = new Date().toISOString();
  const lines = fresh.map((each) => `${each} # revoked here on ${on}\n`).join("");
  if (fresh.length > 0) await install(folder, path, before + lines);
  for (const each of ids) {
    print(
      { type: "key", name: store.keys.get(each)?.name ?? "", id: each, state: "revoked" },
      json,
      io,
    );
  }
  return EXIT.ok;
}

/** Readable by all and writable by its owner alone, whatever the umask. */
async function install(folder: string, path: string, text: string): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  await Deno.chmod(folder, 0o755);
  await replaceFile(path, new TextEncoder().encode(text));
  await Deno.chmod(path, 0o644);
}

function print(line: KeyLine, json: boolean, io: CommandIo): void {
  io.out(json ? JSON.stringify(line) : `${line.id}  ${line.state}  ${line.name}`.trimEnd());
}

async function guarded(folder: string, work: () => Promise<ExitCode>): Promise<ExitCode> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Deno.errors.PermissionDenied)) throw error;
    throw refused(folder, "you may not write it; on an aircraft only root may: use sudo", error);
  }
}

function refused(path: string, state: string, cause?: unknown): GdnError {
  return new GdnError("TRUST_FOLDER", `${path}: ${state}`, { exitCode: EXIT.refused, cause });
}
