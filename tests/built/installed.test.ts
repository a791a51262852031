/**
 * The packages on a machine that has nothing else: a minimal Debian without deno, node, compilers and
 * network.
 *
 * @module
 */
import assert from "node:assert/strict";
import { dockerStages } from "../support/dockerfile.ts";
import { EmptyMachine, reasonAgainstMachines } from "../support/empty_machine.ts";
import { REPOSITORY } from "../support/paths.ts";
import { inScratch } from "../support/scratch.ts";
import { installProgram, removeProgram } from "../../tasks/package/install.ts";
import { preparedProgram, type Variant, variantPackages } from "./prepared.ts";

const reason = reasonAgainstMachines();
const machineTest = (name: string, body: (t: Deno.TestContext) => Promise<void>) =>
  Deno.test({ name: reason ? `${name} (not run: ${reason})` : name, ignore: !!reason, fn: body });

const CURRENT: Variant = { version: "1.1.0" };
const OLDER: Variant = { version: "1.0.0", withoutNewestMigration: true };

const GDN = { user: "gdn", onlyWritable: "/var/lib/gdn" } as const;
const GROUND = ["--procedural", "5", "--centre", "48.2,11.5"];

async function install(machine: EmptyMachine, packages: readonly string[]): Promise<string> {
  const places = await Promise.all(packages.map((path) => machine.bring(path)));
  const said = await machine.sure(["dpkg", "--install", ...places]);
  for (const place of places) await Deno.remove(`${machine.root}${place}`);
  return said;
}

async function filesOf(machine: EmptyMachine, folder: string): Promise<string[]> {
  const listed = await machine.sure(["find", folder, "-type", "f"]);
  return listed.split("\n").filter((path) => path !== "").sort();
}

/** A short flight and the package of its ground, made in the machine by the installed operator. */
async function flightIn(machine: EmptyMachine): Promise<void> {
  const run = (line: string) => machine.sure(["sh", "-ec", `cd /var/lib/gdn && ${line}`], GDN);
  await run(
    `operator simulate flight --out flights/short ${GROUND.join(" ")} --aircraft multirotor ` +
      "--agl 130 --distance 60 --seed 5",
  );
  await run(`operator simulate map --out map ${GROUND.join(" ")} --corridor-of flights/short`);
  await run("operator tiles import map --data data");
  await run("operator provision --data data --out packages/short --agl 130");
}

const FLIGHT = [
  ...["/var/lib/gdn/flights/short", "--package", "/var/lib/gdn/packages/short"],
  ...["--config", "/etc/gdn/airborne.yaml"],
];

machineTest(
  "a package brings all that its program needs, and removal leaves the data",
  async (t) => {
    await inScratch(async (folder) => {
      await using machine = await EmptyMachine.make();
      for (const tool of ["deno", "node", "gcc", "cmake"]) {
        assert.notEqual((await machine.run(["which", tool])).code, 0, `${tool} is in the machine`);
      }
      const before = await filesOf(machine, "/usr");
      await install(machine, await variantPackages(folder, CURRENT));
      await t.step(
        "the first flight of the README, as it stands there",
        () => firstFlight(machine),
      );
      await t.step("another user provisions, flies and reports", () => flyAndReport(machine));
      await t.step("a live flight with the simulated controller", () => flyLive(machine));
      await t.step("systemd starts a killed or hung flight again", () => supervise(machine));
      await t.step("without dpkg, below another prefix", () => installWithoutDpkg(machine));
      await t.step("a launcher without the rest of its program says so", async () => {
        await machine.sure(["sh", "-c", "chmod 0777 /usr/lib/gdn/airborne-*"]);
        const { code, stderr } = await machine.run(["airborne", "--version"]);
        assert.equal(code, 70);
        assert.match(stderr, /others can write it.*install the package again\n$/s);
      });
      await t.step("removal leaves settings and data, a purge the data", async () => {
        const records = await recordsIn(machine);
        await machine.sure(["dpkg", "--remove", "gdn-airborne", "gdn-operator"]);
        assert.ok(await machine.exists("/etc/gdn/airborne.yaml"), "settings stay until a purge");
        const purged = await machine.sure(["dpkg", "--purge", "gdn-airborne", "gdn-operator"]);
        assert.match(purged, /the data in \/var\/lib\/gdn .* stay/);
        assert.equal(await machine.exists("/etc/gdn"), false);
        assert.ok(await machine.exists("/var/lib/gdn/report.html"));
        assert.deepEqual(await recordsIn(machine), records);
        assert.deepEqual(await filesOf(machine, "/usr"), before);
      });
    });
  },
);

/** What the README tells a person to type after the installation; everything else is read-only. */
async function firstFlight(machine: EmptyMachine): Promise<void> {
  const readme = await Deno.readTextFile(`${REPOSITORY}/README.md`);
  const commands = /^## First flight$[^]*?^```sh\n([^]*?)^```$/m.exec(readme)?.[1];
  assert.ok(commands !== undefined, "the README has no commands under First flight");
  const said = await machine.sure(["sh", "-ec", `cd /var/lib/gdn\n${commands}`], GDN);
  assert.match(said, /^fixes +\d+ \([\d.]+ %\)$/m);
  assert.ok(await machine.exists("/var/lib/gdn/first/report.html"));
}

/** As gdn, while everything but /var/lib/gdn is mounted read-only. */
async function flyAndReport(machine: EmptyMachine): Promise<void> {
  await flightIn(machine);
  const recorder = ["--recorder", "/var/lib/gdn/records"];
  const said = await machine.sure(["airborne", "replay", ...FLIGHT, ...recorder], GDN);
  assert.match(said, /^fixes +\d+ \(100\.0 %\)$/m);
  const [record] = await recordsIn(machine);
  await machine.sure([
    ...["operator", "fdr", "report", `/var/lib/gdn/records/${record}`],
    ...["--out", "/var/lib/gdn/report.html", "--package", "/var/lib/gdn/packages/short"],
  ], GDN);
  const start = await machine.sure(["head", "-c", "15", "/var/lib/gdn/report.html"]);
  assert.match(start, /<!doctype html>/i);
}

/** Over the machine's own loopback, as gdn, until the aircraft has landed. */
async function flyLive(machine: EmptyMachine): Promise<void> {
  const flight = "flights/short", live = "--recorder live";
  const devices = `--camera frames:tcp:127.0.0.1:5770 --calibration ${flight}/flight.json`;
  const said = await machine.sure([
    "sh",
    "-ec",
    `cd /var/lib/gdn
     operator simulate controller ${flight} --start-in-air --quiet &
     airborne fly --connect tcp:127.0.0.1:5760 ${devices} --package packages/short ${live} \\
       --allow-unsigned
     wait $!
     operator fdr info live`,
  ], GDN);
  assert.match(said, /^fixes +[1-9]\d* \(/m);
  assert.match(said, /^recorder .* 0 lost$/m);
}

async function supervise(machine: EmptyMachine): Promise<void> {
  for (const name of ["airborne-replay@.service", "airborne-fly.service"]) {
    const unit = `/usr/lib/systemd/system/${name}`;
    const verified = await machine.run(["systemd-analyze", "verify", "--man=no", unit]);
    assert.deepEqual(verified, { code: 0, stdout: "", stderr: "" });
  }
  const said = await machine.boot(`${REPOSITORY}/tests/built/supervised.sh`);
  if (said === null) return;
  assert.match(said, /^started: active, /m);
  assert.match(said, /^gdn-airborne: a flight is running; it is not touched\.$/m);
  assert.match(said, /^removal in flight: 1, installed$/m);
  const afterMs = (what: string) =>
    Number(new RegExp(`^${what} after (\\d+) ms$`, "m").exec(said)?.[1]);
  // RestartSec is half a second; the watchdog strikes after ten.
  assert.ok(afterMs("killed: restarted") < 1500, said);
  assert.ok(afterMs("killed: ready") < 30_000, said);
  assert.ok(afterMs("hung: ready") < 30_000, said);
  assert.match(said, /^ended: inactive, success$/m);
  assert.match(said, /^fixes +\d+ \(100\.0 %\)$/m);
  console.log(said.split("\n").filter((line) => / after \d+ ms$/.test(line)).join("; "));
}

async function installWithoutDpkg(machine: EmptyMachine): Promise<void> {
  const { built } = await preparedProgram("airborne");
  await installProgram(built, "/opt/gdn", machine.root);
  const said = await machine.sure(["/opt/gdn/bin/airborne", "replay", ...FLIGHT], GDN);
  assert.match(said, /^fixes +\d+ \(100\.0 %\)$/m);
  const removed = await removeProgram("airborne", "/opt/gdn", machine.root);
  assert.match(removed.join("\n"), /these stay: \/etc\/gdn, \/var\/lib\/gdn$/);
  assert.equal(await machine.exists("/opt/gdn"), false);
}

/** Folders of recorded flights, by their identities. */
async function recordsIn(machine: EmptyMachine): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(`${machine.root}/var/lib/gdn/records`));
  const names = entries.map(({ name }) => name).filter((name) => /^[0-9a-f-]{36}$/.test(name));
  assert.ok(names.length > 0, "nothing was recorded");
  return names.sort();
}

machineTest("an upgrade keeps settings and migrates; the older program then refuses", async () => {
  await inScratch(async (folder) => {
    const older = await variantPackages(folder, OLDER);
    const current = await variantPackages(folder, CURRENT);
    await using machine = await EmptyMachine.make();
    await install(machine, older);
    const settings = `${machine.root}/etc/gdn/airborne.yaml`;
    await Deno.writeTextFile(settings, "navigator:\n  heightMinM: 7\n");
    const operator = (...args: string[]) => machine.run(["operator", ...args], GDN);
    const data = ["--data", "/var/lib/gdn/data"];
    // Not a tile: today's code writes columns that the older program's schema may lack.
    const sector = ["front", "active_conflict", "47.5,37.0,49.0,39.5"];
    const drawn = await operator("cache", "sector", "add", ...sector, ...data);
    assert.equal(drawn.code, 0, drawn.stderr);

    await install(machine, current);
    assert.equal(await Deno.readTextFile(settings), "navigator:\n  heightMinM: 7\n");
    const upgraded = await operator("cache", "sector", "ls", ...data, "--json");
    assert.equal(upgraded.code, 0, upgraded.stderr);
    assert.match(upgraded.stdout, /"front"/);
    // The tree of the older program is gone with it.
    const trees = await machine.sure(["ls", "/usr/lib/gdn"]);
    assert.equal(trees.trim().split("\n").length, 2, trees);

    await install(machine, older);
    assert.equal(await Deno.readTextFile(settings), "navigator:\n  heightMinM: 7\n");
    const refused = await operator("cache", "stats", ...data);
    assert.equal(refused.code, 78, refused.stderr);
    assert.match(
      refused.stderr,
      /\/var\/lib\/gdn\/data.* has schema 8 \(0008_\w+\.sql\), this program knows 7; use the newer/,
    );
  });
});

machineTest(
  "the steps of the Dockerfile make a machine that runs the programs as gdn",
  async () => {
    await inScratch(async (folder) => {
      const packages = await variantPackages(folder, CURRENT);
      const sums = await new Deno.Command("sha256sum", {
        args: packages.map((path) => path.split("/").at(-1) as string),
        cwd: folder,
      }).output();
      await Deno.writeFile(`${folder}/SHA256SUMS`, sums.stdout);
      const stages = dockerStages(await Deno.readTextFile(`${REPOSITORY}/Dockerfile`));
      assert.deepEqual(stages.map(({ name }) => name), ["packages", "airborne", "operator"]);
      for (const { name, instructions } of stages) {
        await using machine = await EmptyMachine.make();
        let user = "root";
        for (const { word, rest } of instructions) {
          if (word === "COPY") await copyInto(machine, rest, folder);
          else if (word === "RUN") await machine.sure(["sh", "-c", rest], { user });
          else if (word === "USER") user = rest;
          else if (word === "WORKDIR") assert.ok(await machine.exists(rest), rest);
          else if (word === "ENTRYPOINT") {
            const said = await machine.sure([...JSON.parse(rest), "--version"], {
              user,
              onlyWritable: "/tmp",
            });
            assert.ok(said.startsWith(`${name} `), said);
          }
        }
        assert.equal(user, name === "packages" ? "root" : "gdn");
      }
    });
  },
);

/** `COPY [--from=packages] FROM… FOLDER/`: whichever stage it is, the files are those of `folder`. */
async function copyInto(machine: EmptyMachine, rest: string, folder: string): Promise<void> {
  const words = rest.split(/\s+/).filter((word) => !word.startsWith("--"));
  const target = words.pop() as string;
  await Deno.mkdir(`${machine.root}${target}`, { recursive: true });
  for (const word of words) {
    const pattern = new RegExp(
      `^${word.split("/").at(-1)?.replace(".", "\\.").replace("*", ".*")}$`,
    );
    const names = [...Deno.readDirSync(folder)].map(({ name }) => name)
      .filter((name) => pattern.test(name));
    assert.ok(names.length > 0, `${word} names nothing`);
    for (const name of names) {
      await Deno.copyFile(`${folder}/${name}`, `${machine.root}${target}${name}`);
    }
  }
}
