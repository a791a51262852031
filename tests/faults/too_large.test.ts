/** Requests that are well formed, and too large for any machine: refused by arithmetic, at once. */
import assert from "node:assert/strict";
import { inScratch } from "../support/scratch.ts";
import { runInProcess } from "./in_process.ts";
import { forEachCase } from "./programs.ts";

Deno.test("operator tiles download refuses more tiles than a list of them could hold", () =>
  inScratch(async (scratch) => {
    const route = "0,0;20,20";
    const cases = [
      { name: "box", area: ["--area", "0,0,20,20"], says: /about 2\.17e\+8 tiles at zoom 18/ },
      { name: "polygon", area: ["--polygon", "0,0;0,20;20,20"], says: /tiles at zoom 18/ },
      { name: "corridor", area: ["--route", route, "--width", "900000"], says: /tiles at zoom 18/ },
    ];
    await forEachCase(cases, async ({ name, area, says }) => {
      const data = `${scratch}/${name}`;
      const url = ["--url", "https://127.0.0.1:1/{z}/{x}/{y}.png", "--zoom", "18"];
      const args = ["tiles", "download", ...url, ...area, "--dry-run", "--data", data];
      const { code, out, err } = await runInProcess("operator", args);
      assert.match(err, says);
      assert.match(err, /at most 1000000 are fetched at once; take a smaller area or a lower zoom/);
      assert.equal(code, 64, err);
      assert.equal(out, "");
    });
  }));
