import assert from "node:assert/strict";
import { REPOSITORY } from "../support/paths.ts";

const UNIT = `${REPOSITORY}/config/systemd/airborne-replay@.service`;

async function analyze(...args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command("systemd-analyze", {
    args,
    stdin: "null",
    env: { LC_ALL: "C", SYSTEMD_COLORS: "0" },
  }).output();
  return { code, said: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) };
}

for (const name of ["airborne-fly", "operator-worker"]) {
  Deno.test(`the unit ${name} is exposed by at most 2.5 of 10`, async () => {
    const unit = `${REPOSITORY}/config/systemd/${name}.service`;
    const { code, said } = await analyze(
      ...["security", "--offline=true", "--threshold=25", "--no-pager"],
      unit,
    );
    assert.equal(code, 0, said);
  });
}

// tests/built runs `systemd-analyze verify` where what the unit starts is installed, and boots it.
Deno.test("the unit of airborne is exposed by at most 2.5 of 10, as systemd counts", async () => {
  const security = ["security", "--offline=true", "--threshold=25", "--no-pager"];
  const { code, said } = await analyze(...security, UNIT);
  assert.equal(code, 0, said);
  assert.match(said, /Overall exposure level for airborne-replay@i\.service: 0\.\d SAFE/);

  const folder = await Deno.makeTempDir({ prefix: "gdn-unit-" });
  try {
    const text = await Deno.readTextFile(UNIT);
    const open = `${folder}/airborne-open@.service`;
    const protections =
      /^(Protect|Private|Restrict|Capability|SystemCall|IPAddress|NoNew|User|Device).*\n/gm;
    await Deno.writeTextFile(open, text.replaceAll(protections, ""));
    assert.notEqual((await analyze(...security, open)).code, 0, "the threshold refuses nothing");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
