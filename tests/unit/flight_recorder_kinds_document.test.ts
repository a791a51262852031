import assert from "node:assert/strict";
import { KINDS_FILE, kindsDocument } from "../../tasks/fdr_kinds.ts";

Deno.test("KINDS.md matches the registry", async () => {
  assert.equal(
    await Deno.readTextFile(KINDS_FILE),
    kindsDocument(),
    "the registry changed: run deno run -P=tasks tasks/fdr_kinds.ts",
  );
});
