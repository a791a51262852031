/**
 * `operator preflight --aircraft ssh://…` over a real SSH server whose user finds the shipped `airborne`. `deno
 * task test` looks once at an aircraft that is ready and once at one that is not who it was;
 * GDN_PREFLIGHT=full (`deno task campaign --only preflight`) at all else.
 */
import assert from "node:assert/strict";
import { filesBelow } from "../faults/programs.ts";
import { worldForFile } from "../faults/fixture.ts";
import { signManifest } from "../support/package_signing.ts";
import { inScratch } from "../support/scratch.ts";
import { type Aircraft, startAircraft, writeShellCommand } from "../support/ssh_aircraft.ts";
import { hasSshServer } from "../support/ssh_server.ts";

const world = worldForFile();
const isFull = Deno.env.get("GDN_PREFLIGHT") === "full";
const ignore = !await hasSshServer();

const aircraft = (scratch: string) => startAircraft(scratch, world().package);

Deno.test({
  name:
    "preflight over SSH: an aircraft that is ready passes and is as it was; another host key fails",
  ignore,
  fn: () =>
    inScratch(async (scratch) => {
      await using there = await aircraft(scratch);
      const before = await filesBelow(there.folder);
      const ready = await there.look();
      assert.equal(ready.code, 0, ready.text);
      assert.match(ready.found("package"), /signed by airfield; the same at .*packages\/field/);
      for (const check of ["aircraft", "disk", "recorder", "libraries", "clock"]) {
        assert.equal(ready.status(check), "pass", ready.text);
      }
      assert.match(ready.found("recorder"), /aircraft\/flights: writes are on the disk/);
      assert.match(ready.found("libraries"), /OpenCV/);
      assert.match(ready.found("clock"), /the workstation is \d+\.\d s/);
      assert.deepEqual(await filesBelow(there.folder), before);

      const other = (await Deno.readTextFile(`${there.server.identity}.pub`)).split(" ")[1];
      const known = await Deno.readTextFile(there.server.knownHosts);
      await Deno.writeTextFile(there.server.knownHosts, known.replace(/\S+\n$/, `${other}\n`));
      const stranger = await there.look();
      assert.equal(stranger.code, 1, stranger.text);
      assert.match(stranger.found("aircraft"), /host key is another one than before/);
      assert.equal(stranger.status("disk"), "not_checked");
      assert.equal(stranger.status("clock"), "not_checked");
    }),
});

interface Case {
  readonly name: string;
  arrange(there: Aircraft, scratch: string): Promise<void>;
  readonly args?: readonly string[];
  readonly check: string;
  readonly status: string;
  readonly found: RegExp;
}

const CASES: readonly Case[] = [
  {
    name: "a key that it does not trust",
    arrange: ({ folder }) => Deno.remove(`${folder}/trust/airfield.pub`),
    check: "package",
    status: "fail",
    found: /is not trusted here/,
  },
  {
    name: "a key that it has revoked",
    arrange: ({ folder, key }) =>
      Deno.writeTextFile(`${folder}/trust/revoked_keys.txt`, `${key.id} lost\n`, { mode: 0o644 }),
    check: "package",
    status: "fail",
    found: /is revoked/,
  },
  {
    name: "a key folder that others may write",
    arrange: ({ folder }) => Deno.chmod(`${folder}/trust`, 0o777),
    check: "package",
    status: "fail",
    found: /others than its owner may write it/,
  },
  {
    name: "a package for another aircraft",
    arrange: (there) => signManifest(there.package, there.key, { aircraft: ["b1"] }),
    check: "package",
    status: "fail",
    found: /is for aircraft b1 alone, and this is a7/,
  },
  {
    name: "a newer version that was flown there",
    arrange: async ({ folder, package: path }) => {
      const { name } = JSON.parse(await Deno.readTextFile(`${path}/manifest.json`));
      await Deno.mkdir(`${folder}/records`);
      const packages = [{ name, counter: 7, manifestSha256: "0".repeat(64) }];
      const flown = { format: "gdn-packages-flown", formatVersion: 1, packages, revokedKeys: [] };
      await Deno.writeTextFile(`${folder}/records/packages_flown.json`, JSON.stringify(flown));
    },
    check: "package",
    status: "fail",
    found: /version 1 is older than version 7, which was flown here/,
  },
  {
    name: "a copy that is not whole",
    arrange: async ({ folder }) => {
      await Deno.remove(`${folder}/packages/field/tiles.json`);
      await Deno.writeTextFile(`${folder}/packages/field/place/vocabulary.bin`, "other");
      await Deno.writeTextFile(`${folder}/packages/field/more`, "");
    },
    check: "package",
    status: "fail",
    found: /missing tiles\.json; altered place\/vocabulary\.bin; unexpected more/,
  },
  {
    name: "no copy",
    arrange: ({ folder }) => Deno.remove(`${folder}/packages`, { recursive: true }),
    check: "package",
    status: "fail",
    found: /has no such package below/,
  },
  {
    name: "another package in its configuration",
    arrange: ({ configuration, folder }) =>
      Deno.writeTextFile(
        configuration,
        `trust: {folder: ${folder}/trust}\nlive: {package: packages/old}\n`,
      ),
    check: "package",
    status: "warning",
    found: /configuration flies .*packages\/old/,
  },
  {
    name: "a configuration that is none",
    arrange: ({ configuration }) => Deno.writeTextFile(configuration, "trust: [1"),
    check: "aircraft",
    status: "fail",
    found: /airborne\.yaml cannot be used/,
  },
  {
    name: "a recorder that cannot be written",
    arrange: () => Promise.resolve(),
    args: ["--recorder", "/dev/null/flights"],
    check: "recorder",
    status: "fail",
    found: /\/dev\/null\/flights cannot be written: .*Not a directory/,
  },
  {
    name: "no airborne",
    arrange: (_, scratch) => Deno.remove(`${scratch}/bin/airborne`),
    check: "libraries",
    status: "fail",
    found: /airborne does not start there: .*not found/,
  },
  {
    name: "a clock that is an hour ahead",
    arrange: (_, scratch) =>
      writeShellCommand(`${scratch}/bin`, "date", {
        command: "/usr/bin/date",
        args: ["--date=now + 1 hour"],
      }),
    check: "clock",
    status: "fail",
    found: /the workstation is 3(599|600)\.\d s behind/,
  },
  {
    name: "a clock that is ten seconds behind",
    arrange: (_, scratch) =>
      writeShellCommand(`${scratch}/bin`, "date", {
        command: "/usr/bin/date",
        args: ["--date=now - 10 seconds"],
      }),
    check: "clock",
    status: "warning",
    found: /the workstation is (9|10)\.\d s ahead/,
  },
  {
    name: "a folder that is not there",
    arrange: ({ folder }) => Deno.rename(folder, `${folder}-away`),
    check: "aircraft",
    status: "fail",
    found: /has no folder .*aircraft$/,
  },
  {
    name: "a server that does not let in",
    arrange: (_, scratch) => Deno.writeTextFile(`${scratch}/ssh/authorized_keys`, ""),
    check: "aircraft",
    status: "fail",
    found: /does not let us in: give --identity/,
  },
];

for (const { name, arrange, args = [], check, status, found } of CASES) {
  Deno.test({
    name: `preflight over SSH: ${name}`,
    ignore: ignore || !isFull,
    fn: () =>
      inScratch(async (scratch) => {
        await using there = await aircraft(scratch);
        await arrange(there, scratch);
        const looked = await there.look(...args);
        assert.equal(looked.status(check), status, looked.text);
        assert.match(looked.found(check), found);
      }),
  });
}
