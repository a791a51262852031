/**
 * Searches for a passphrase and the secret key that it opens, everywhere that they might be after `operator`
 * has made a key and signed a package: what it prints, the process list, every file, and a core file of a
 * process that dies with them. `GDN_SECRETS=full` refuses wrong passphrases and kills it as well.
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { readSecretKey } from "../../src/core/mod.ts";
import { operatorCommand } from "../../tasks/executables.ts";
import { worldForFile } from "../faults/fixture.ts";
import { copyFolder, filesBelow, type Outcome } from "../faults/programs.ts";
import { inScratch } from "../support/scratch.ts";
import { procText } from "../support/proc_text.ts";

const world = worldForFile();
const IS_FULL = Deno.env.get("GDN_SECRETS") === "full";

/** No word of a message, and in no file by chance. */
const PASSPHRASE = "Zx9-qvW7-passphrase-of-a-test-4b1e";
const WRONG = "Zx9-qvW7-another-passphrase-77c2";

interface Started {
  readonly child: Deno.ChildProcess;
  readonly outcome: Promise<Outcome>;
}

/** `operator …` in `folder`, with its passphrases on descriptor 3; core files are allowed to it. */
async function start(folder: string, args: readonly string[], given: string): Promise<Started> {
  const { command, args: all } = operatorCommand(args, {
    write: [`${folder}/keys`, `${folder}/package`],
  });
  const fifo = `${folder}/fifo`;
  await new Deno.Command("rm", { args: ["-f", fifo] }).output();
  assert.ok((await new Deno.Command("mkfifo", { args: [fifo] }).output()).success);
  const child = new Deno.Command("sh", {
    args: ["-c", 'ulimit -c unlimited; exec "$@" 3<fifo', "sh", command, ...all],
    cwd: folder,
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const text = new TextDecoder();
  const outcome = child.output().then(({ code, stdout, stderr }) => ({
    code,
    out: text.decode(stdout),
    err: text.decode(stderr),
  }));
  // Opens when the other end does.
  await Deno.writeTextFile(fifo, given);
  return { child, outcome };
}

/** What any process may read of another. */
function listed(pid: number): string {
  return procText(`/proc/${pid}/cmdline`) + procText(`/proc/${pid}/environ`);
}

async function operate(
  folder: string,
  args: readonly string[],
  given: string,
  seen: string[],
): Promise<Outcome> {
  const { child, outcome } = await start(folder, args, given);
  const timer = setInterval(() => seen.push(listed(child.pid)), 50);
  try {
    const ended = await outcome;
    seen.push(ended.out, ended.err);
    return ended;
  } finally {
    clearInterval(timer);
  }
}

/** The encodings in which a secret could appear. */
function formsOf(secret: Buffer): Buffer[] {
  return [
    secret,
    ...["hex", "base64", "base64url"].map((form) =>
      Buffer.from(secret.toString(form as BufferEncoding).replace(/=+$/, ""))
    ),
    Buffer.from([...secret].join(",")),
  ];
}

async function secretsOf(folder: string): Promise<Buffer[]> {
  const path = `${folder}/keys/airfield.key`;
  const { key } = readSecretKey(await Deno.readTextFile(path), path, PASSPHRASE);
  const seed = key.export({ format: "der", type: "pkcs8" }).subarray(-32);
  assert.equal(seed.length, 32);
  return [...formsOf(Buffer.from(seed)), ...formsOf(Buffer.from(PASSPHRASE)), Buffer.from(WRONG)];
}

async function assertNowhere(folder: string, seen: readonly string[]): Promise<void> {
  const secrets = await secretsOf(folder);
  const said = Buffer.from(seen.join("\n"));
  const holds = (bytes: Uint8Array) =>
    secrets.some((secret) => Buffer.from(bytes).includes(secret));
  assert.ok(holds(Buffer.from(`a ${PASSPHRASE} b`)), "the search finds what is there");
  assert.ok(!holds(said), "in what was printed, or in the process list");
  const files = (await filesBelow(folder)).map((file) => file.replace(/\/$| \d+$/, ""));
  assert.ok(files.includes("keys/airfield.key") && files.includes("package/manifest.json.minisig"));
  for (const file of files) {
    const info = await Deno.lstat(`${folder}/${file}`);
    if (info.isFile) assert.ok(!holds(await Deno.readFile(`${folder}/${file}`)), file);
  }
}

Deno.test("a passphrase and the key that it opens are nowhere after a key was made and a package signed", () =>
  inScratch(async (folder) => {
    const seen: string[] = [];
    await copyFolder(world().package, `${folder}/package`);
    const keys = ["--keys", `${folder}/keys`, "--passphrase-fd", "3"];
    const sign = ["package", "sign", `${folder}/package`, "--key", "airfield", ...keys];
    const made = await operate(
      folder,
      ["keys", "create", "airfield", ...keys, "--verbose"],
      `${PASSPHRASE}\n`,
      seen,
    );
    assert.equal(made.code, 0, made.err);
    const { mode } = await Deno.stat(`${folder}/keys/airfield.key`);
    assert.equal((mode ?? 0) & 0o777, 0o600);
    const signed = await operate(folder, [...sign, "--verbose"], PASSPHRASE, seen);
    assert.equal(signed.code, 0, signed.err);
    assert.ok(seen.some((text) => text.includes("package")), "the process list was looked at");
    await minisignAgrees(folder);
    if (IS_FULL) {
      const wrong = await operate(folder, sign, `${WRONG}\n`, seen);
      assert.match(wrong.err, /cannot read the secret key: its password is another one/);
      assert.equal(wrong.code, 77);
      await Deno.chmod(`${folder}/keys/airfield.key`, 0o644);
      const open = await operate(folder, sign, PASSPHRASE, seen);
      assert.match(open.err, /others may read the secret key .*airfield\.key: chmod 600 it/);
      assert.equal(open.code, 77);
      await Deno.chmod(`${folder}/keys/airfield.key`, 0o600);
      const short = await operate(folder, ["keys", "create", "other", ...keys], "seven77\n", seen);
      assert.match(short.err, /the passphrase is shorter than 8 bytes/);
      assert.equal(short.code, 77);
      const none = await operate(folder, sign, "", seen);
      assert.match(none.err, /0 of 1 passphrases came from descriptor 3/);
      assert.equal(none.code, 64);
      await diesWithoutCore(folder, sign, seen);
    }
    await assertNowhere(folder, seen);
  }));

/** minisign verifies the package by the exported key. */
async function minisignAgrees(folder: string): Promise<void> {
  const args = ["-V", "-m", "package/manifest.json", "-p", "keys/airfield.pub"];
  try {
    const { code, stdout } = await new Deno.Command("minisign", { args, cwd: folder }).output();
    const said = new TextDecoder().decode(stdout);
    assert.equal(code, 0, said);
    assert.match(said, /Signature and comment signature verified/);
    assert.match(said, /Trusted comment: gdn-flight-package \{"schema":1,"name":.*"counter":1,/);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    console.log("minisign is not installed: not compared with it (apt install minisign)");
  }
}

/** It is killed as if it had crashed, while it works with the passphrase. */
async function diesWithoutCore(
  folder: string,
  sign: readonly string[],
  seen: string[],
): Promise<void> {
  const cores = async () => (await filesBelow(folder)).filter((file) => /(^|\/)core/.test(file));
  const crash = new Deno.Command("sh", {
    args: ["-c", "ulimit -c unlimited; kill -ABRT $$"],
    cwd: folder,
  });
  await crash.output();
  if ((await cores()).length === 0) {
    console.log("this machine leaves no core files beside programs: not searched");
    return;
  }
  for (const core of await cores()) await Deno.remove(`${folder}/${core.replace(/ \d+$/, "")}`);
  const { child, outcome } = await start(folder, sign, PASSPHRASE);
  const limits = () => procText(`/proc/${child.pid}/limits`);
  while (!/Max core file size +0 +0 /.test(limits())) await new Promise((r) => setTimeout(r, 5));
  child.kill("SIGABRT");
  const ended = await outcome;
  seen.push(ended.out, ended.err);
  assert.notEqual(ended.code, 0);
  assert.deepEqual(await cores(), [], "a core file");
}
