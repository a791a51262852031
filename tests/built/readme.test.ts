/**
 * The command blocks of the README, pasted literally into a shell, in order, in an empty folder, with
 * the built executables and nothing else of the project.
 */
import assert from "node:assert/strict";
import sharp from "sharp";
import { inScratch } from "../support/scratch.ts";
import { REPOSITORY } from "../support/paths.ts";

/** The shell block below a heading of the README, or the one that holds `words`. */
async function block(words: string): Promise<string> {
  const text = await Deno.readTextFile(`${REPOSITORY}/README.md`);
  const found = [...text.matchAll(/^```sh\n([^]*?)^```$/gm)].map((match) => match[1])
    .filter((one) => one.includes(words));
  assert.equal(found.length, 1, `blocks of the README with ${words}: ${found.length}`);
  return found[0];
}

/** Pastes it into a shell that knows the two programs; a command that fails ends it. */
async function paste(script: string, folder: string): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command("bash", {
    args: ["--norc", "-e", "-u", "-c", script],
    cwd: folder,
    clearEnv: true,
    env: { PATH: `${REPOSITORY}/dist:/usr/bin:/bin`, GDN_CACHE: `${folder}/.cache`, HOME: folder },
    stdin: "null",
  }).output();
  const text = new TextDecoder();
  assert.equal(code, 0, `${script}\n${text.decode(stderr)}`);
  return text.decode(stdout);
}

/** Fields of one shade, 1.5 km of them at 0.5 m a pixel: the same each time. */
async function groundPicture(): Promise<Uint8Array> {
  let state = 1;
  const next = () => state = Math.imul(state, 48271) >>> 0;
  const fields = 150, sidePx = 3000;
  const shades = Uint8Array.from({ length: fields * fields }, () => next() >>> 24);
  return await sharp(shades, { raw: { width: fields, height: fields, channels: 1 } })
    .resize(sidePx, sidePx, { kernel: "nearest" }).toColourspace("srgb").png().toBuffer();
}

Deno.test("README: the first flight, pasted by a newcomer", () =>
  inScratch(async (folder) => {
    const out = await paste(await block("operator demo first"), folder);
    const [, share] = /fixes +\d+ \(([\d.]+) %\)/.exec(out) ?? [];
    assert.ok(Number(share) > 50, out);
    const page = await Deno.readTextFile(`${folder}/first/report.html`);
    assert.match(page, /<svg/);
  }));

Deno.test("README: a mission of one's own, and then the tile cache", () =>
  inScratch(async (folder) => {
    for (const name of ["map.png", "world.png"]) {
      await Deno.writeFile(`${folder}/${name}`, await groundPicture());
    }
    const out = await paste(await block("tiles import map.png"), folder);
    assert.match(out, /fixes +[1-9]/);
    await paste("operator cache export --source local_import --out region.mbtiles", folder);
    const cached = await paste(await block("cache import region.mbtiles"), folder);
    assert.match(cached, /region\.pmtiles/);
  }));
