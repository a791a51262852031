/** Invalid pictures for `operator tiles import` and `simulate`. */
import assert from "node:assert/strict";
import { inScratch } from "../support/scratch.ts";
import sharp from "sharp";
import { type FaultCase, filesBelow, forEachCase, run } from "./programs.ts";

interface ImportCase extends FaultCase {
  /** Writes the source and returns its path. */
  readonly make: (folder: string) => Promise<string>;
  readonly says: RegExp;
  readonly place?: boolean;
  readonly code?: number;
  /** The source was opened and its tiles were judged one by one: the summary counts those refused. */
  readonly refused?: number;
}

async function jpeg(path: string, widthPx = 600, heightPx = 400): Promise<Uint8Array> {
  const noise = { type: "gaussian", mean: 128, sigma: 40 } as const;
  const image = { width: widthPx, height: heightPx, channels: 3, noise } as const;
  const bytes = await sharp({ create: { ...image, background: "#777" } }).jpeg().toBuffer();
  await Deno.writeFile(path, bytes);
  return bytes;
}

function claimSize(bytes: Uint8Array, sidePx: number): Uint8Array {
  const start = bytes.findIndex((byte, i) => byte === 0xff && bytes[i + 1] === 0xc0);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  view.setUint16(start + 5, sidePx);
  view.setUint16(start + 7, sidePx);
  return bytes;
}

/** Lets the first directory be the next one too. */
function looped(tiff: Uint8Array): Uint8Array {
  const view = new DataView(tiff.buffer, tiff.byteOffset);
  const first = view.getUint32(4, true);
  view.setUint32(first + 2 + 12 * view.getUint16(first, true), first, true);
  return tiff;
}

const CASES: readonly ImportCase[] = [
  {
    name: "text named .jpg",
    make: async (folder) => {
      await Deno.writeTextFile(`${folder}/text.jpg`, "this is no picture");
      return `${folder}/text.jpg`;
    },
    says: /text\.jpg: .*(picture|image)/,
  },
  {
    name: "an empty file",
    make: async (folder) => {
      await Deno.writeTextFile(`${folder}/empty.png`, "");
      return `${folder}/empty.png`;
    },
    says: /empty\.png: /,
  },
  {
    name: "a TIFF whose directory points at itself",
    make: async (folder) => {
      const path = `${folder}/loop.tif`;
      const image = { width: 600, height: 400, channels: 3, background: "#777" } as const;
      const bytes = new Uint8Array(await sharp({ create: image }).tiff().toBuffer());
      await Deno.writeFile(path, looped(bytes));
      return path;
    },
    says: /loop\.tif: [^]*(directories lead back to each other|IFD looping)/,
  },
  {
    name: "a JPEG that was cut",
    make: async (folder) => {
      await jpeg(`${folder}/cut.jpg`);
      await Deno.truncate(`${folder}/cut.jpg`, 9000);
      return `${folder}/cut.jpg`;
    },
    says: /cut\.jpg: .*(damaged|premature end)/,
  },
  {
    name: "a JPEG that claims 20000×20000 pixels",
    make: async (folder) => {
      const bytes = claimSize(await jpeg(`${folder}/huge.jpg`), 20_000);
      await Deno.writeFile(`${folder}/huge.jpg`, bytes);
      return `${folder}/huge.jpg`;
    },
    says: /huge\.jpg: /,
  },
  {
    name: "a TIFF without a georeference",
    make: async (folder) => {
      await sharp(await jpeg(`${folder}/plain.jpg`)).tiff().toFile(`${folder}/plain.tif`);
      return `${folder}/plain.tif`;
    },
    says: /plain\.tif has no georeference: give --centre/,
    code: 64,
    place: false,
  },
  {
    name: "a TIFF that was cut",
    make: async (folder) => {
      await sharp(await jpeg(`${folder}/plain.jpg`)).tiff().toFile(`${folder}/cut.tif`);
      await Deno.truncate(`${folder}/cut.tif`, 500);
      return `${folder}/cut.tif`;
    },
    says: /cut\.tif: /,
    place: false,
  },
  {
    name: "a folder of photographs of which one was cut",
    make: async (folder) => {
      await Deno.mkdir(`${folder}/photographs`);
      await jpeg(`${folder}/photographs/a.jpg`);
      await Deno.truncate(`${folder}/photographs/a.jpg`, 9000);
      return `${folder}/photographs`;
    },
    says: /photographs(\/a\.jpg)?: /,
    place: false,
  },
  {
    name: "a tile folder with a tile of another size",
    make: async (folder) => {
      await Deno.mkdir(`${folder}/tiles/15/19161`, { recursive: true });
      await jpeg(`${folder}/tiles/15/19161/11035.jpg`, 200, 200);
      return `${folder}/tiles`;
    },
    says: /15\/19161\/11035\.jpg: .*256/,
    place: false,
    refused: 1,
  },
  {
    name: "an empty folder",
    make: async (folder) => {
      await Deno.mkdir(`${folder}/nothing`);
      return `${folder}/nothing`;
    },
    says: /nothing: /,
    place: false,
  },
];

const PLACE = ["--centre", "50,30", "--gsd", "0.5"];

Deno.test("operator tiles import refuses with 65 what is not imagery, and keeps nothing of it", async () => {
  await forEachCase(CASES, async ({ make, says, code: wanted, place = true, refused }, folder) => {
    const source = await make(folder), data = `${folder}/data`;
    const args = ["tiles", "import", source, ...(place ? PLACE : []), "--data", data, "--json"];
    const { code, out, err } = await run("operator", args, { read: [source], write: [data] });
    assert.match(err, says);
    assert.equal(code, wanted ?? 65, err);
    if (refused === undefined) assert.equal(out, "");
    else assert.equal(JSON.parse(out).refused, refused);
    // A tile folder is read while the cache takes its tiles.
    const kept = (await filesBelow(data)).filter((path) => !/^(database|cache)/.test(path));
    assert.deepEqual(kept, [], "no tile is kept of it");
  });
});

Deno.test("operator simulate flight refuses with 65 a ground that is not a picture", async () => {
  const pictures = CASES.filter(({ place = true }) => place);
  await forEachCase(pictures, async ({ make, says }, folder) => {
    const source = await make(folder), flights = `${folder}/flights`;
    await Deno.mkdir(flights);
    const args = ["simulate", "flight", "--out", `${flights}/a`, "--image", source, ...PLACE];
    const { code, err } = await run("operator", args, { read: [source], write: [flights] });
    assert.match(err, says);
    assert.equal(code, 65, err);
    assert.deepEqual(await filesBelow(flights), []);
  });
});

Deno.test("operator ends with 66 when the imagery, the package or the flight is not there", async () => {
  await inScratch(async (folder) => {
    const none = `${folder}/none`;
    for (
      const [args, code] of [
        [["tiles", "import", `${none}.png`, ...PLACE], 66],
        [["simulate", "flight", "--out", `${folder}/a`, "--image", `${none}.png`, ...PLACE], 66],
        [["package", "verify", none], 66],
        [["package", "show", none], 66],
      ] as const
    ) {
      const outcome = await run("operator", args, { write: [folder], cwd: folder });
      assert.match(outcome.err, /none/, args.join(" "));
      assert.equal(outcome.code, code, outcome.err);
    }
    assert.deepEqual(await filesBelow(folder), []);
  });
});

Deno.test("operator provision ends with 65 or 66 when the cache holds no tile there, and leaves nothing", async () => {
  await inScratch(async (folder) => {
    const args = ["provision", "--out", `${folder}/package`, "--data", `${folder}/data`];
    const { code, err } = await run("operator", [...args, "--centre", "10,10", "--radius", "500"], {
      write: [folder],
    });
    assert.ok(code === 65 || code === 66, `${code}: ${err}`);
    assert.match(err, /tiles? /);
    const left = (await filesBelow(folder)).filter((path) => !path.startsWith("data/"));
    assert.deepEqual(left, []);
  });
});
