/** `airborne replay` on folders of photographs as people have them. */
import assert from "node:assert/strict";
import sharp from "sharp";
import { LocalFrame, type Matrix3, wrapDegrees } from "../../src/core/mod.ts";
import { localFromCamera } from "../../src/flight/photographs/mod.ts";
import { openVision, warpHomography } from "../../src/native/vision/mod.ts";
import { GSD_M, worldForFile } from "../faults/fixture.ts";
import { airborneCommand } from "../../tasks/executables.ts";
import { run } from "../faults/programs.ts";
import { withOrientation, withWrittenSize } from "../support/exif_bytes.ts";
import { inScratch } from "../support/scratch.ts";
import { writeTagged } from "../support/tagged_photograph.ts";

const world = worldForFile();
const FRAME = new LocalFrame({ latitudeDeg: 50, longitudeDeg: 30, heightM: 0 });
const WIDTH_PX = 640, HEIGHT_PX = 480, HEIGHT_M = 90, FOCAL_PX = 560;

/** North up, of the ground of the world; every 4 s, at 10 m/s. */
async function photograph(
  folder: string,
  name: string,
  second: number,
  tags: { readonly pitchDeg?: number } = {},
): Promise<void> {
  const eastM = -60 + 10 * second, northM = 15, gsdM = Number(GSD_M);
  const { data, info } = await sharp(world().ground).removeAlpha().raw()
    .toBuffer({ resolveWithObject: true });
  const scale = HEIGHT_M / FOCAL_PX / gsdM;
  const sourceFromPicture: Matrix3 = [
    scale,
    0,
    info.width / 2 + eastM / gsdM - scale * (WIDTH_PX - 1) / 2,
    0,
    scale,
    info.height / 2 - northM / gsdM - scale * (HEIGHT_PX - 1) / 2,
    0,
    0,
    1,
  ];
  using vision = openVision();
  const picture = await warpHomography(
    vision,
    { widthPx: info.width, heightPx: info.height, channels: 3, pixels: new Uint8Array(data) },
    sourceFromPicture,
    { widthPx: WIDTH_PX, heightPx: HEIGHT_PX },
  );
  const { latitudeDeg, longitudeDeg } = FRAME.wgsFromLocal([eastM, northM, 0]);
  await writeTagged({ ...picture, channels: 3 }, {
    localFromCamera: localFromCamera({ yawDeg: 1, pitchDeg: tags.pitchDeg ?? -90, rollDeg: 0 }),
    heightM: HEIGHT_M,
    latitudeDeg,
    longitudeDeg,
    capturedAt: new Date(Date.UTC(2024, 4, 31, 10, 0, second)),
    focalPx: FOCAL_PX,
  }, `${folder}/${name}`);
}

const lines = (out: string) =>
  out.trim().split("\n").map((line) => JSON.parse(line) as Record<string, unknown>);
const of = (all: readonly Record<string, unknown>[], name: string) =>
  all.find((line) => line.name === name)!;

/** Three photographs, and what cannot be used beside them. */
async function fill(flight: string): Promise<void> {
  for (const [i, name] of ["A.JPG", "B.JPG", "C.JPG"].entries()) {
    await photograph(flight, name, 4 * i);
  }
  await photograph(flight, "OBLIQUE.JPG", 12, { pitchDeg: -40 });
  await photograph(flight, "CUT.JPG", 16);
  await Deno.truncate(`${flight}/CUT.JPG`, (await Deno.stat(`${flight}/CUT.JPG`)).size / 2 | 0);
  await sharp(`${flight}/A.JPG`).jpeg().toFile(`${flight}/STRIPPED.JPG`);
  await Deno.copyFile(`${flight}/B.JPG`, `${flight}/B (1).JPG`);
  await sharp(`${flight}/C.JPG`).resize(160).keepMetadata().toFile(`${flight}/C_T.JPG`);
  await Deno.writeTextFile(`${flight}/A.DNG`, "raw form of A.JPG");
  await Deno.writeTextFile(`${flight}/MAP.TIF`, "no photograph");
}

Deno.test("airborne replay locates photographs beside an oblique one, one that was cut, and one without tags", async () => {
  await inScratch(async (folder) => {
    const flight = `${folder}/flight`;
    await Deno.mkdir(flight);
    await fill(flight);
    const page = `${folder}/page.html`, table = `${folder}/table.csv`;
    const args = ["replay", flight, "--package", world().package];
    const granted = { read: [flight, world().package], write: [folder] };
    const replayed = await run(
      "airborne",
      [...args, "--json", "--report", page, "--positions", table],
      granted,
    );
    assert.equal(replayed.code, 3, replayed.err);
    const all = lines(replayed.out);
    for (const [i, name] of ["A.JPG", "B.JPG", "C.JPG"].entries()) {
      const line = of(all, name);
      const at = FRAME.wgsFromLocal([-60 + 40 * i, 15, 0]);
      const [eastM, northM] = FRAME.localFromWgs({
        latitudeDeg: line.latitudeDeg as number,
        longitudeDeg: line.longitudeDeg as number,
        heightM: 0,
      });
      const [trueEastM, trueNorthM] = FRAME.localFromWgs({ ...at, heightM: 0 });
      const apartM = Math.hypot(eastM - trueEastM, northM - trueNorthM);
      assert.ok(apartM < (line.horizontal95M as number), `${name}: ${apartM} m`);
      assert.equal(line.carriedFrom, null);
    }
    const oblique = of(all, "OBLIQUE.JPG");
    assert.deepEqual(
      [oblique.latitudeDeg, oblique.horizontal95M, (oblique.fix as { reason: string }).reason],
      [null, null, "oblique"],
    );
    const faults = {
      "CUT.JPG": /./,
      "B (1).JPG": /same file as B/,
      "C_T.JPG": /a thermal picture among others/,
    };
    for (const [name, says] of Object.entries(faults)) {
      const { type, message } = of(all, name);
      assert.equal(type, "fault", name);
      assert.match(message as string, says);
    }
    assert.match(replayed.err, /not looked at, being no JPEG: 1 files \(MAP\.TIF\)/);
    assert.match(
      of(all, "STRIPPED.JPG").message as string,
      /STRIPPED\.JPG: no focal length.*--equivalent-focal-length/,
    );
    const html = await Deno.readTextFile(page);
    assert.match(html, /A\.JPG.*B\.JPG.*C\.JPG/s);
    assert.match(html, /looks over 45° off the vertical/);
    assert.equal((await Deno.readTextFile(table)).trim().split("\n").length, 5);

    const strict = await run("airborne", [...args, "--strict"], granted);
    assert.equal(strict.code, 65, strict.err);
    assert.match(strict.err, /(CUT|STRIPPED|B \(1\)|C_T)\.JPG/);

    // The import refuses what the replay refuses, and goes on as it does.
    const imported = await run(
      "operator",
      ["tiles", "import", flight, "--data", `${folder}/data`],
      { read: [flight], write: [folder] },
    );
    assert.equal(imported.code, 3, imported.err);
    assert.match(imported.err, /left out: .*OBLIQUE\.JPG: the camera looks 50° off the vertical/);
    for (const name of ["CUT", "B \\(1\\)", "C_T"]) {
      assert.match(imported.err, new RegExp(`left out: .*${name}\\.JPG`));
    }
  });
});

Deno.test("airborne replay finds pictures that a program turned or cut, within what it claims", async () => {
  await inScratch(async (folder) => {
    const flight = `${folder}/flight`;
    await Deno.mkdir(flight);
    const names = ["A.JPG", "B.JPG", "C.JPG", "D.JPG"];
    for (const [i, name] of names.entries()) await photograph(flight, name, 4 * i);
    const change = async (
      name: string,
      to: (bytes: Uint8Array<ArrayBuffer>) => Promise<Uint8Array>,
    ) =>
      await Deno.writeFile(`${flight}/${name}`, await to(await Deno.readFile(`${flight}/${name}`)));
    await change("A.JPG", (bytes) => Promise.resolve(withOrientation(bytes, 6)));
    await change("B.JPG", (bytes) => sharp(bytes).rotate(90).keepMetadata().toBuffer());
    const left = WIDTH_PX / 10;
    await change("D.JPG", async (bytes) =>
      withWrittenSize(
        new Uint8Array(
          await sharp(bytes).extract({ left, top: 0, width: WIDTH_PX - left, height: HEIGHT_PX })
            .keepMetadata().toBuffer(),
        ),
        [WIDTH_PX, HEIGHT_PX],
      ));
    const replayed = await run(
      "airborne",
      ["replay", flight, "--package", world().package, "--json"],
      { read: [flight, world().package], write: [folder] },
    );
    assert.equal(replayed.code, 0, replayed.err);
    const all = lines(replayed.out);
    for (const [i, name] of names.entries()) {
      const { latitudeDeg, longitudeDeg, horizontal95M, fix } = of(all, name);
      const { headingDeg, reason } = fix as { headingDeg: number; reason: string };
      assert.equal(reason, "", name);
      const [eastM, northM] = FRAME.localFromWgs({
        latitudeDeg: latitudeDeg as number,
        longitudeDeg: longitudeDeg as number,
        heightM: 0,
      });
      const apartM = Math.hypot(eastM - (-60 + 40 * i), northM - 15);
      assert.ok(apartM < (horizontal95M as number), `${name}: ${apartM} of ${horizontal95M} m`);
      // Its top is where its right side was, or its left.
      const asideDeg = Math.abs(wrapDegrees(headingDeg));
      assert.ok(Math.abs(asideDeg - (name === "B.JPG" ? 90 : 0)) < 5, `${name}: ${headingDeg}°`);
    }
    const radiusM = (name: string) => of(all, name).horizontal95M as number;
    const cutM = HEIGHT_M * left / 2 / FOCAL_PX;
    assert.ok(radiusM("D.JPG") > cutM && radiusM("C.JPG") < radiusM("D.JPG"));
    assert.match(replayed.err, /576x480: a part of the 640x480/);
  });
});

Deno.test("SIGINT ends a replay of photographs in the search that it is in", async () => {
  await inScratch(async (folder) => {
    const flight = `${folder}/flight`;
    await Deno.mkdir(flight);
    for (let i = 0; i < 8; i++) await photograph(flight, `${i}.JPG`, 2 * i);
    const { command, args } = airborneCommand(
      ["--quiet", "replay", flight, "--package", world().package, "--json"],
      { read: [flight, world().package] },
    );
    const child = new Deno.Command(command, {
      args,
      env: { NO_COLOR: "1" },
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const printed = new Response(child.stdout).text();
    let said = "", isStopped = false;
    for await (const chunk of child.stderr.pipeThrough(new TextDecoderStream())) {
      said += chunk;
      // The last note before the first search.
      if (isStopped || !said.includes("focal length of")) continue;
      isStopped = true;
      child.kill("SIGINT");
    }
    assert.equal((await child.status).code, 130, said);
    const summary = lines(await printed).at(-1)!;
    assert.equal(summary.completed, false);
    assert.ok((summary.frames as number) < 8, `${summary.frames} were located`);
  });
});
