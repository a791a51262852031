/**
 * Every command block of the README, pasted literally into a shell, in order, in one empty folder, with
 * the built executables and nothing else of the project.
 */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import sharp from "sharp";
import { freePort } from "../support/line_peers.ts";
import { REPOSITORY } from "../support/paths.ts";
import { CLIENT_TOKEN, ProviderProcess } from "../support/provider.ts";
import { inScratch } from "../support/scratch.ts";

/**
 * Blocks that others run, by their first words. `.ci/run` begins with the line of `test`; what the rest of these
 * two blocks does is tested by its parts (demo, compile, package), and is not pasted.
 */
const RUN_ELSEWHERE = {
  "sudo apt install": "tests/built/installed.test.ts",
  "npx --yes deno": ".ci/run",
  "deno task ok": ".ci/run",
} as const;

/** The shell blocks of the README, in order. */
async function shellBlocks(): Promise<string[]> {
  const text = await Deno.readTextFile(`${REPOSITORY}/README.md`);
  return [...text.matchAll(/^```sh\n([^]*?)^```$/gm)].map((match) => match[1]);
}

/** A shell that knows the two programs; a command that fails ends it. */
function shell(script: string, folder: string): Deno.ChildProcess {
  return new Deno.Command("bash", {
    args: ["--norc", "-e", "-u", "-c", script],
    cwd: folder,
    clearEnv: true,
    env: { PATH: `${REPOSITORY}/dist:/usr/bin:/bin`, GDN_CACHE: `${folder}/.cache`, HOME: folder },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** What it prints, once it has ended with 0. */
async function ended(process: Deno.ChildProcess, script: string): Promise<string> {
  const { code, stdout, stderr } = await process.output();
  const text = new TextDecoder();
  assert.equal(code, 0, `${script}\n${text.decode(stderr)}`);
  return text.decode(stdout);
}

const paste = (script: string, folder: string) => ended(shell(script, folder), script);

/** Fields of one shade, 1.5 km of them at 0.5 m a pixel: the same each time. */
async function groundPicture(): Promise<Uint8Array> {
  let state = 1;
  const next = () => state = Math.imul(state, 48271) >>> 0;
  const fields = 150, sidePx = 3000;
  const shades = Uint8Array.from({ length: fields * fields }, () => next() >>> 24);
  return await sharp(shades, { raw: { width: fields, height: fields, channels: 1 } })
    .resize(sidePx, sidePx, { kernel: "nearest" }).toColourspace("srgb").png().toBuffer();
}

async function firstFlight(block: string, folder: string): Promise<void> {
  const out = await paste(block, folder);
  const [, share] = /fixes +\d+ \(([\d.]+) %\)/.exec(out) ?? [];
  assert.ok(Number(share) > 50, out);
  const page = await Deno.readTextFile(`${folder}/first/report.html`);
  assert.match(page, /<svg/);
}

/** Both terminals, at ports that nobody else has; `airborne status` looks on, and Ctrl-C ends it. */
async function liveFlight(controller: string, fly: string, folder: string): Promise<void> {
  const link = `tcp:127.0.0.1:${freePort()}`, camera = `tcp:127.0.0.1:${freePort()}`;
  const ports = (text: string) =>
    text.replaceAll("tcp:127.0.0.1:5760", link).replaceAll("tcp:127.0.0.1:5770", camera);
  const inPorts = (address: string) => address.replace("tcp:", "tcpin:");
  const served = `${controller.trim()} --link ${inPorts(link)} --camera-link ${inPorts(camera)}\n`;
  // exec: the signal reaches the program and not the shell, as Ctrl-C reaches both.
  const simulator = shell(`exec ${served}`, folder);
  const flown = shell(`exec ${ports(fly)}`, folder);
  try {
    for (let tries = 0;; tries++) {
      await sleep(1000);
      const status = await shell("airborne status --recorder first/live", folder).output();
      const text = new TextDecoder().decode(status.stdout);
      if (status.code === 0 && /[1-9]\d* fixes|fixes +[1-9]/.test(text)) break;
      assert.ok(tries < 120, `${text}${new TextDecoder().decode(status.stderr)}`);
    }
  } finally {
    flown.kill("SIGINT");
  }
  assert.match(await ended(flown, fly), /fixes +[1-9]/);
  simulator.kill("SIGINT");
  await simulator.output();
}

async function mission(block: string, folder: string): Promise<void> {
  for (const name of ["map.png", "world.png"]) {
    await Deno.writeFile(`${folder}/${name}`, await groundPicture());
  }
  assert.match(await paste(block, folder), /fixes +[1-9]/);
}

/** The archive that its first line imports is a person's own: the tiles of the mission stand for it. */
async function tileCache(block: string, folder: string): Promise<void> {
  await paste("operator cache export --source local_import --out region.mbtiles", folder);
  assert.match(await paste(block, folder), /region\.pmtiles/);
}

/** The tiles that the mission's flight made go to the reference provider, and all are taken. */
async function provider(block: string, folder: string): Promise<void> {
  await using started = await ProviderProcess.start([
    ...["--synthetic", "4", "--ingest", `${folder}/accepted`],
    ...["--recorder", `${folder}/data/recorder`],
  ]);
  const script = block.replaceAll("https://tiles.example/", started.url).replace("…", CLIENT_TOKEN);
  assert.notEqual(script, block);
  const out = await paste(script, folder);
  assert.match(out, /to fetch +\d{4,}/);
  const [, queued] = /^success: (\d+) queued; 0 retries$/m.exec(out) ?? [];
  assert.ok(Number(queued) > 0, out);
  assert.equal((await started.state()).accepted, Number(queued));
}

/** Nobody types a passphrase here, and this machine's own keys are left alone. */
async function signed(block: string, folder: string): Promise<void> {
  await Deno.writeTextFile(`${folder}/phrase`, "a passphrase of the README's test\n");
  const phrase = (command: string) => `${command} --passphrase-fd 3 3<phrase`;
  const script = [
    ...["operator keys create airfield", "operator package sign packages/mine --key airfield"],
  ].reduce((text, command) => text.replace(command, phrase(command)), block)
    .replace(
      "sudo airborne keys trust airfield.pub",
      "airborne keys trust airfield.pub --trust trust",
    );
  const isThere = (await new Deno.Command("which", { args: ["minisign"] }).output()).success;
  const out = await paste(isThere ? script : script.replace(/^minisign .*$/m, ""), folder);
  assert.match(out, /^packages\/mine: signed with [0-9A-F]{16} /m);
  assert.match(out, /^[0-9A-F]{16} +trusted +airfield$/m);
}

Deno.test("README: every command block, in order, on a fresh folder", async (t) => {
  const blocks = await shellBlocks();
  const elsewhere = Object.keys(RUN_ELSEWHERE);
  const mine = blocks.filter((block) => !elsewhere.some((words) => block.startsWith(words)));
  assert.equal(blocks.length, mine.length + elsewhere.length, "blocks that other tests run");
  const [first, controller, fly, own, cache, upload, keys, ...others] = mine;
  assert.deepEqual(others, [], "a block that no test runs");
  await inScratch(async (folder) => {
    await t.step("the first flight", () => firstFlight(first, folder));
    await t.step("the same flight live", () => liveFlight(controller, fly, folder));
    await t.step("a mission of one's own", () => mission(own, folder));
    await t.step("the tile cache", () => tileCache(cache, folder));
    await t.step("a provider", () => provider(upload, folder));
    await t.step("signed packages", () => signed(keys, folder));
  });
});
