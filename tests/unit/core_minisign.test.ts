import assert from "node:assert/strict";
import { readPublicKey, readSecretKey, signFile, verifyFile } from "../../src/core/minisign/mod.ts";
import { DataError } from "../../src/core/mod.ts";
import { inScratch } from "../support/scratch.ts";

/**
 * A key as minisign encrypts it, with limits that a test can wait for: 32 MiB in place of the 1 GiB
 * that minisign takes. `minisign -S` signs with it.
 */
const ENCRYPTED = {
  password: "password of a test",
  pub: "RWTI9pxgE5KOSoccz1asd5xKUxTyk28JFlfDHAfxMq3s2u1iXctpWOBu",
  key: "untrusted comment: minisign encrypted secret key\n" +
    "RWRTY0IyAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8AABAAAAAAAAAAAAIAAAAAPlDcJt6ut3sfXj" +
    "V6di6pF8iCoLtblVtdDpAU7tOffBFhhV4miisVpKoUgEiAv3DxaEqs2m94ZEcQUIse3oU8WDha9O0csA1JcEy4" +
    "4JhCe1FSBpyZv8gB4266DSTswFUYjzbhjtHhwec=",
};

const text = (value: string) => new TextEncoder().encode(value);

async function minisign(folder: string, ...args: string[]) {
  const { code, stderr, stdout } = await new Deno.Command("minisign", {
    args,
    cwd: folder,
    stdin: "null",
  }).output();
  return { code, said: new TextDecoder().decode(stderr) + new TextDecoder().decode(stdout) };
}

/** `minisign -G` asks for a password twice; -W makes a key without one. */
async function keyPair(folder: string, name: string): Promise<void> {
  const made = await minisign(folder, "-G", "-W", "-p", `${name}.pub`, "-s", `${name}.key`);
  assert.equal(made.code, 0, made.said);
}

Deno.test("minisign accepts what signFile() writes, and nothing that was altered", async () => {
  await inScratch(async (folder) => {
    await keyPair(folder, "ours");
    await keyPair(folder, "other");
    const secretKey = readSecretKey(Deno.readTextFileSync(`${folder}/ours.key`), "ours.key");
    const signature = signFile(text("abc\n"), secretKey, "version 1.2.3");
    const write = (content: string, signed: string) => {
      Deno.writeTextFileSync(`${folder}/sums`, content);
      Deno.writeTextFileSync(`${folder}/sums.minisig`, signed);
    };
    const verify = (key = "ours") => minisign(folder, "-V", "-m", "sums", "-p", `${key}.pub`);

    write("abc\n", signature);
    const { code, said } = await verify();
    assert.equal(code, 0, said);
    assert.match(said, /Trusted comment: version 1\.2\.3/);
    assert.notEqual((await verify("other")).code, 0, "another key");
    write("abd\n", signature);
    assert.notEqual((await verify()).code, 0, "another file");
    write("abc\n", signature.replace("1.2.3", "1.2.4"));
    assert.notEqual((await verify()).code, 0, "another trusted comment");
  });
});

Deno.test("verifyFile() accepts what minisign writes, and says what was altered", async () => {
  await inScratch(async (folder) => {
    await keyPair(folder, "ours");
    await keyPair(folder, "other");
    Deno.writeTextFileSync(`${folder}/sums`, "abc\n");
    const signed = await minisign(folder, "-S", "-s", "ours.key", "-m", "sums", "-t", "said");
    assert.equal(signed.code, 0, signed.said);
    const signature = Deno.readTextFileSync(`${folder}/sums.minisig`);
    const key = (name: string) =>
      readPublicKey(Deno.readTextFileSync(`${folder}/${name}.pub`), `${name}.pub`);
    const check = (content: string, signatureText: string, name = "ours") =>
      verifyFile(text(content), signatureText, key(name), "sums.minisig");

    assert.deepEqual(check("abc\n", signature), { ok: true, trustedComment: "said" });
    const refusals: [string, ReturnType<typeof check>][] = [
      ["it was signed with another key", check("abc\n", signature, "other")],
      ["the trusted comment was altered", check("abc\n", signature.replace("said", "sayd"))],
    ];
    for (const [reason, result] of refusals) assert.deepEqual(result, { ok: false, reason });
    assert.deepEqual(check("abd\n", signature), {
      ok: false,
      reason: "the file was altered",
      trustedComment: "said",
    });
    assert.throws(() => check("abc\n", "nothing"), DataError);
  });
});

Deno.test("signFile() gives the same text for the same file, key and comment", async () => {
  await inScratch(async (folder) => {
    await keyPair(folder, "ours");
    const secretKey = readSecretKey(Deno.readTextFileSync(`${folder}/ours.key`), "ours.key");
    assert.equal(signFile(text("a"), secretKey, "c"), signFile(text("a"), secretKey, "c"));
  });
});

Deno.test("readSecretKey() reads an encrypted key, and refuses a wrong password", () => {
  const file = ENCRYPTED;
  assert.throws(() => readSecretKey(file.key, "k"), /encrypted; give its password/);
  assert.throws(() => readSecretKey(file.key, "k", "wrong"), /its password is another one/);
  const signature = signFile(text("a"), readSecretKey(file.key, "k", file.password), "c");
  const publicKey = readPublicKey(file.pub, "k.pub");
  assert.equal(verifyFile(text("a"), signature, publicKey, "s").ok, true);
});

Deno.test("readSecretKey() refuses what is not a key, without quoting it", () => {
  for (const bad of ["", "one line", "a\n!!!!", "a\nQUJD"]) {
    assert.throws(() => readSecretKey(bad, "k"), (error) => {
      assert.ok(error instanceof DataError);
      return !/QUJD|!!!!/.test(error.message);
    });
  }
});
