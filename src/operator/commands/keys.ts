/**
 * `operator keys create|list|export|revoke`: keys that sign flight packages.
 *
 * @module
 */
import { timingSafeEqual } from "node:crypto";
import {
  type Command,
  type CommandIo,
  defineCommand,
  EXIT,
  type ExitCode,
  option,
  type OptionValues,
  Output,
  Refused,
  UsageError,
} from "../../core/mod.ts";
import { REVOKED_KEYS_FILE } from "../../flight/flight_package/mod.ts";
import {
  type HeldKey,
  KEY_NAME_PATTERN,
  KeyFolder,
} from "../../workstation/package_signing/mod.ts";
import { PASSPHRASE_OPTION, readPassphrases } from "../secret_input.ts";

export const KEYS_OPTION = {
  keys: option.path({
    access: "write",
    placeholder: "DIR",
    default: "data/keys",
    help: "folder of the keys",
  }),
} as const;

const KEY_NAME = {
  form: "letters, digits, dot, dash and underscore, 64 at most",
  read: (text: string) => KEY_NAME_PATTERN.test(text) ? text : new Refused(),
};

export const keyNameOption = (help: string) =>
  option.custom(KEY_NAME, { placeholder: "NAME", help });

const NAME_ARGUMENT = {
  name: option.custom(KEY_NAME, { placeholder: "NAME", required: true, help: "name of the key" }),
} as const;

const JSON_ABOUT = "one JSON object a key instead of text";
const REFUSED = {
  77:
    "refused: the key file is readable by others, the passphrase is wrong or too short, or the key is revoked",
};

type Values = OptionValues<typeof KEYS_OPTION> & { readonly json: boolean };
type Named = Values & { readonly name: string };

export function keysCommands(): readonly Command[] {
  return [
    defineCommand({
      name: "keys create",
      summary: "make a key that signs flight packages",
      about: `
Makes a key pair (Ed25519, in minisign's format). The secret half is encrypted with a passphrase of eight
bytes or more and stays in the folder of the keys, for its owner alone; the public half is for the aircraft
(operator keys export). With --successor-of the key that was used until now signs the new one: aircraft that
trust the old one take packages of the new one without being told.`,
      arguments: NAME_ARGUMENT,
      options: {
        successorOf: keyNameOption(
          "key that signs the new one; its passphrase is asked for second",
        ),
        ...PASSPHRASE_OPTION,
        ...KEYS_OPTION,
      },
      json: JSON_ABOUT,
      examples: [
        "operator keys create airfield",
        "operator keys create airfield-2027 --successor-of airfield",
        "operator keys create airfield --passphrase-fd 3",
      ],
      exitCodes: { ...REFUSED, 73: "a key of this name exists" },
      run: create,
    }),
    defineCommand({
      name: "keys list",
      summary: "list the keys",
      about: "Lists the keys with their ids, as minisign and the aircraft print them.",
      options: KEYS_OPTION,
      json: JSON_ABOUT,
      examples: ["operator keys list --json"],
      run: list,
    }),
    ...handedOut(),
  ];
}

/** What concerns the aircraft. */
function handedOut(): readonly Command[] {
  return [
    defineCommand({
      name: "keys export",
      summary: "write the public half of a key, for an aircraft",
      about: `
Writes the public half of a key: on the aircraft \`airborne keys trust FILE\` installs it, and
\`minisign -V -m manifest.json -p FILE\` checks a package by it.`,
      arguments: NAME_ARGUMENT,
      options: {
        out: option.path({
          access: "create",
          placeholder: "FILE",
          help: "the file to write, which must not exist",
          absent: "on stdout",
        }),
        ...KEYS_OPTION,
      },
      examples: ["operator keys export airfield --out airfield.pub"],
      run: exportKey,
    }),
    defineCommand({
      name: "keys revoke",
      summary: "sign nothing more with a key, and have the aircraft believe it no more",
      about: `
Puts a key on the list of revoked ones (${REVOKED_KEYS_FILE} in the folder of the keys). Every package that
is signed from then on, with another key, carries the list, and an aircraft keeps it when it flies one. For
an aircraft that flies before that: \`airborne keys revoke --list FILE\`. It cannot be taken back.`,
      arguments: NAME_ARGUMENT,
      options: {
        reason: option.text({ help: "why, for people", example: "laptop was stolen" }),
        ...KEYS_OPTION,
      },
      json: JSON_ABOUT,
      examples: ['operator keys revoke airfield --reason "laptop was stolen"'],
      run: revoke,
    }),
  ];
}

async function create(
  values: Named & OptionValues<typeof PASSPHRASE_OPTION> & { readonly successorOf?: string },
  io: CommandIo,
): Promise<ExitCode> {
  const { name, passphraseFd, successorOf } = values;
  const folder = new KeyFolder(values.keys);
  const older = successorOf === undefined ? null : await folder.find(successorOf);
  if (older?.isRevoked) {
    throw new UsageError(`the key ${older.name} is revoked: it can sign no other`);
  }
  const isAsked = passphraseFd === 0 && Deno.stdin.isTerminal();
  using secrets = readPassphrases(passphraseFd, [
    `passphrase of the new key ${name}`,
    ...(isAsked ? ["the same again"] : []),
    ...(older === null ? [] : [`passphrase of ${older.name}`]),
  ]);
  const [passphrase, again] = secrets.lines;
  const isSame = passphrase.length === again?.length && timingSafeEqual(passphrase, again);
  if (isAsked && !isSame) throw new UsageError("the two passphrases differ");
  const predecessor = older === null ? null : {
    key: await folder.unlock(older.name, secrets.lines[secrets.lines.length - 1]),
    id: older.id,
  };
  print(await folder.create(name, passphrase, predecessor), values.json, io);
  return EXIT.ok;
}

async function list(values: Values, io: CommandIo): Promise<ExitCode> {
  const keys = await new KeyFolder(values.keys).list();
  for (const key of keys) print(key, values.json, io);
  if (keys.length === 0) io.note(`no keys in ${values.keys}; \`operator keys create\` makes one`);
  return EXIT.ok;
}

async function exportKey(
  { name, keys, out }: Omit<Named, "json"> & { readonly out?: string },
  io: CommandIo,
): Promise<ExitCode> {
  const { publicText } = await new KeyFolder(keys).find(name);
  if (out === undefined) {
    io.out(publicText.trimEnd());
    return EXIT.ok;
  }
  await using output = await Output.file(out);
  await output.guard(() => Deno.writeTextFile(output.temporaryPath, publicText));
  await output.commit();
  return EXIT.ok;
}

async function revoke(
  values: Named & { readonly reason?: string },
  io: CommandIo,
): Promise<ExitCode> {
  const folder = new KeyFolder(values.keys);
  await folder.revoke(await folder.find(values.name), values.reason ?? "");
  print(await folder.find(values.name), values.json, io);
  io.note(
    `for aircraft that fly before they get a newly signed package: ${values.keys}/${REVOKED_KEYS_FILE}`,
  );
  return EXIT.ok;
}

function print({ name, id, isRevoked, successorOf }: HeldKey, json: boolean, io: CommandIo): void {
  if (json) {
    io.out(JSON.stringify({ type: "key", name, id, isRevoked, successorOf }));
    return;
  }
  const remarks = [
    ...(isRevoked ? ["revoked"] : []),
    ...(successorOf === null ? [] : [`signed by ${successorOf}`]),
  ];
  io.out(`${id}  ${name}${remarks.length === 0 ? "" : `  (${remarks.join(", ")})`}`);
}
