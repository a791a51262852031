import assert from "node:assert/strict";
import { EXIT, GdnError } from "../../src/core/mod.ts";
import { KeyFolder } from "../../src/workstation/package_signing/mod.ts";
import { inScratch } from "../support/scratch.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("KeyFolder opens a key with its passphrase alone, and none that others may read", () =>
  inScratch(async (scratch) => {
    const folder = new KeyFolder(`${scratch}/keys`);
    const { id } = await folder.create("airfield", bytes("correct horse"), null);
    const path = `${scratch}/keys/airfield.key`;
    assert.equal((Deno.statSync(path).mode ?? 0) & 0o777, 0o600);
    const refused = (passphrase: string, says: RegExp) =>
      assert.rejects(folder.unlock("airfield", bytes(passphrase)), (error) => {
        assert.ok(error instanceof GdnError);
        assert.equal(error.exitCode, EXIT.refused);
        assert.match(error.message, says);
        return !error.message.includes(passphrase);
      });
    await refused("incorrect horse", /its password is another one/);
    await Deno.chmod(path, 0o644);
    await refused("correct horse", /others may read the secret key .*: chmod 600 it/);
    await assert.rejects(folder.create("airfield", bytes("correct horse"), null), /exists already/);
    await assert.rejects(folder.create("short", bytes("seven77"), null), /shorter than 8 bytes/);
    const [held] = await folder.list();
    assert.deepEqual([held.name, held.id, held.isRevoked], ["airfield", id, false]);
    await folder.revoke(held, "a test\nBAD LINE");
    assert.equal((await folder.find("airfield")).isRevoked, true);
  }));
