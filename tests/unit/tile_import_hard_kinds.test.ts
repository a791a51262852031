/**
 * Files as other programs write them, made with GDAL: imported at the place where GDAL has them, or
 * refused; and the command that a refusal advises makes a file of them that is.
 */
import assert from "node:assert/strict";
import sharp from "sharp";
import { GdnError } from "../../src/core/mod.ts";
import { decodeJpeg, openVision, type VisionLibrary } from "../../src/native/vision/mod.ts";
import { importTiles } from "../../src/tiles/workstation/tile_import/mod.ts";
import { imageryAsItIs } from "../support/imagery.ts";
import { gdal, hasGdal } from "../support/gdal.ts";
import { inScratch } from "../support/scratch.ts";
import { MemoryStore, toolkitOf } from "./tile_import_fixture.ts";

/** UTM 36, half a metre a pixel. */
const WEST_M = 323_500, NORTH_M = 5_591_000, WIDTH = 160, HEIGHT = 120;
const MIDDLE = { latitudeDeg: 50.4441784, longitudeDeg: 30.5146630 };
const PLACE = ["-a_ullr", "323500", "5591000", "323580", "5590940"];
const UTM = ["-a_srs", "EPSG:32636", ...PLACE];

interface Imported {
  readonly latitudeDeg: number;
  readonly longitudeDeg: number;
  readonly areaM2: number;
  /** Of the covered pixels in the western and the eastern half: the picture is brighter in the east. */
  readonly westGrey: number;
  readonly eastGrey: number;
  readonly notes: string;
}

async function imported(
  path: string,
  vision: VisionLibrary,
  scratchDirectory: string,
): Promise<Imported> {
  const toolkit = toolkitOf(vision), store = new MemoryStore();
  const imagery = await imageryAsItIs(path, toolkit, scratchDirectory);
  await using _imagery = imagery;
  await importTiles(imagery, store, { zoom: 17, source: "a", capturedAt: null, attribution: "" });
  const world = 256 * 2 ** 17, pixels: [x: number, y: number, grey: number][] = [];
  for (const { metadata: { tileId }, jpeg } of store.tiles.values()) {
    const decoded = await decodeJpeg(vision, jpeg, { name: path, channels: 1 });
    decoded.pixels.forEach((grey, i) => {
      if (grey > 8) pixels.push([256 * tileId.x + i % 256, 256 * tileId.y + (i >> 8), grey]);
    });
  }
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  const x = mean(pixels.map(([x]) => x)) + 0.5, y = mean(pixels.map(([, y]) => y)) + 0.5;
  const latitude = Math.atan(Math.sinh(Math.PI * (1 - 2 * y / world)));
  const pixelM = 40_075_017 * Math.cos(latitude) / world;
  return {
    latitudeDeg: latitude * 180 / Math.PI,
    longitudeDeg: x / world * 360 - 180,
    areaM2: pixels.length * pixelM ** 2,
    westGrey: mean(pixels.filter(([at]) => at < x).map(([, , grey]) => grey)),
    eastGrey: mean(pixels.filter(([at]) => at >= x).map(([, , grey]) => grey)),
    notes: imagery.notes.join("; "),
  };
}

/** Brighter in the east; no pixel is black. */
async function writeGround(path: string): Promise<void> {
  const pixels = new Uint8Array(3 * WIDTH * HEIGHT);
  for (let i = 0; i < WIDTH * HEIGHT; i++) {
    const grey = 60 + i % WIDTH;
    pixels.set([grey, grey + 10, grey + 20], 3 * i);
  }
  await sharp(pixels, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } }).png().toFile(path);
}

interface Kind {
  /** Arguments of gdal_translate; the picture is `a.tif`, or has this end. */
  readonly args: readonly string[];
  readonly end?: string;
  readonly before?: (folder: string) => Promise<unknown>;
  /** More files or changes, in the folder. */
  readonly after?: (folder: string) => Promise<unknown>;
  /** It is refused by these words, and advises a command. */
  readonly refused?: RegExp;
  /** No command helps. */
  readonly isFinal?: boolean;
  /** Where it lies; absent: MIDDLE. */
  readonly place?: { readonly latitudeDeg: number; readonly longitudeDeg: number };
  /** For CODE in what is advised. */
  readonly code?: string;
  readonly notes?: RegExp;
  /** Part of the picture that is ground. */
  readonly covered?: number;
}

const co = (...options: string[]) => options.flatMap((option) => ["-co", option]);
/** As Esri writes it. */
const ESRI_UTM_36 =
  'PROJCS["WGS_1984_UTM_Zone_36N",GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",' +
  '6378137.0,298.257223563]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],' +
  'PROJECTION["Transverse_Mercator"],PARAMETER["False_Easting",500000.0],PARAMETER[' +
  '"False_Northing",0.0],PARAMETER["Central_Meridian",33.0],PARAMETER["Scale_Factor",0.9996],' +
  'PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]';
const gcp = (x: number, y: number) => [
  ..."-gcp".split(" "),
  `${x}`,
  `${y}`,
  `${WEST_M + x / 2}`,
  `${NORTH_M - y / 2}`,
];

const KINDS: Readonly<Record<string, Kind>> = {
  "a world file and Esri's .prj": {
    args: [...UTM, ...co("PROFILE=BASELINE", "TFW=YES")],
    after: async (folder) => {
      await Deno.remove(`${folder}/a.tif.aux.xml`);
      await Deno.writeTextFile(`${folder}/a.prj`, ESRI_UTM_36);
    },
  },
  "GDAL's .aux.xml": { args: [...UTM, ...co("PROFILE=BASELINE")] },
  "a JPEG with a world file": { args: [...UTM, "-of", "JPEG", ...co("WORLDFILE=YES")], end: "jpg" },
  "one grey JPEG sample": { args: ["-b", "1", ...UTM, ...co("COMPRESS=JPEG")] },
  "RGBA in planes of JPEG": {
    args: ["-b", "1", "-b", "2", "-b", "3", ...UTM, ...co("COMPRESS=JPEG", "INTERLEAVE=BAND")],
  },
  "bands in another order, told by COLORINTERP": {
    args: [
      ...["-b", "3", "-b", "2", "-b", "1", ...UTM, ...co("PHOTOMETRIC=MINISBLACK")],
      ...["-colorinterp", "blue,green,red"],
    ],
  },
  "longitudes from 0° to 360°": {
    args: [
      "-a_srs",
      "EPSG:4326",
      "-a_ullr",
      "390.5140999",
      "50.4444481",
      "390.5152262",
      "50.4439087",
    ],
  },
  "a mask beside it, .msk": {
    args: UTM,
    // Of the brighter half, in the east.
    after: (folder) => {
      const halves = ["-b", "1", "-scale", "139", "140", "0", "255"];
      const files = [`${folder}/ground.png`, `${folder}/a.tif.msk`];
      return gdal("gdal_translate", "-q", "-of", "GTiff", ...halves, ...files);
    },
    covered: 0.5,
  },
  "sixteen bits in tiles that are filled at the edge": {
    args: [...UTM, "-ot", "UInt16", "-scale", "0", "255", "1000", "9000", ...co("TILED=YES")],
    notes: /16-bit unsigned samples: (2[89]|3\d)\d\d became 0/,
  },
  "ZSTD": {
    args: [...UTM, ...co("COMPRESS=ZSTD")],
    refused: /not supported: ZSTD/,
  },
  "twelve bits": {
    args: [...UTM, "-ot", "UInt16", "-scale", "0", "255", "0", "4000", ...co("NBITS=12")],
    refused: /not supported: 12-bit samples/,
  },
  "no system": {
    args: PLACE,
    refused: /system is not named/,
    code: "32636",
  },
  "control points": {
    args: [
      ...["-a_srs", "EPSG:32636", ...gcp(0, 0), ...gcp(WIDTH, 0), ...gcp(0, HEIGHT)],
      ...gcp(WIDTH, HEIGHT),
    ],
    refused: /control points only/,
  },
  "Esri's system in a citation": {
    args: [
      "-a_srs",
      "ESRI:102100",
      "-a_ullr",
      "3396813.94",
      "6523605.15",
      "3396939.56",
      "6523510.94",
    ],
  },
  "polar stereographic, nearer to the pole than the map goes": {
    args: ["-a_srs", "EPSG:3413", "-a_ullr", "100000", "100000", "100080", "99940"],
    refused: /it lies nearer to a pole than slippy maps go/,
    isFinal: true,
  },
  "polar stereographic": {
    args: ["-a_srs", "EPSG:3413", "-a_ullr", "300000", "-1300000", "300080", "-1300060"],
    place: { latitudeDeg: 77.7288078, longitudeDeg: -32.0039991 },
  },
  "complex samples": {
    args: ["-b", "1", ...UTM, "-ot", "CFloat32"],
    refused: /not supported: 64-bit complex samples/,
    // What the stretch makes nearly black does not count here.
    covered: 153 / 160,
  },
  "Erdas Imagine": { args: [...UTM, "-of", "HFA"], end: "img", refused: /no picture can be read/ },
  "a virtual raster": {
    args: [...UTM, "-of", "VRT"],
    end: "vrt",
    refused: /no picture can be read/,
  },
  "ENVI": { args: [...UTM, "-of", "ENVI"], end: "dat", refused: /no picture can be read/ },
  "a thumbnail before the picture": {
    args: [...UTM, ...co("APPEND_SUBDATASET=YES")],
    before: (folder) =>
      gdal(
        "gdal_translate",
        "-q",
        "-outsize",
        "10%",
        "10%",
        ...UTM,
        `${folder}/ground.png`,
        `${folder}/a.tif`,
      ),
    refused: /picture 2 is larger than the first; take one out/,
  },
  "red, green, blue and alpha in one JPEG": {
    args: ["-b", "1", "-b", "2", "-b", "3", "-b", "1", ...UTM, ...co("COMPRESS=JPEG", "ALPHA=YES")],
    // Alpha rises from west to east, and is full enough (128) in the brighter part.
    covered: 92 / 160,
  },
  "a value for each band where there is no picture": {
    args: [...UTM, "-mo", "NODATA_VALUES=60 70 80"],
    covered: 159 / 160,
  },
  "the lowest of float samples where there is no picture, in 15 digits": {
    args: [
      ...["-srcwin", "-40", "0", "200", "120", ...UTM, "-ot", "Float32", "-b", "1"],
      ...["-a_nodata", "-3.40282346638529e+38"],
    ],
    // What the stretch makes nearly black does not count here.
    covered: 0.8 * 153 / 160,
  },
  "a CMYK JPEG": {
    args: [
      ...["-b", "1", "-b", "2", "-b", "3", "-b", "1", ...UTM],
      ...co("COMPRESS=JPEG", "PHOTOMETRIC=CMYK"),
    ],
    refused: /CMYK/,
    // What is nearly black by these inks does not count here.
    covered: 0.886,
  },
  "JPEG 2000": {
    args: [...UTM, "-of", "JP2OpenJPEG"],
    end: "jp2",
    refused: /no picture can be read/,
  },
};

/** Runs the command that a message advises; the path of what it made. */
async function advised(message: string, path: string, code: string): Promise<string> {
  const out = `${path}.advised.tif`;
  const [, line] = /((?:gdal_translate|gdalwarp) [^;()]*?\bIN OUT(?:\.tif)?)/.exec(message) ?? [];
  assert.ok(line, `no command is advised: ${message}`);
  const [program, ...args] = line.split(" ").map((word) =>
    /^(GTIFF_DIR:\d+:)?IN$/.test(word)
      ? word.replace(/IN$/, path)
      : word.startsWith("OUT")
      ? out
      : word.replace("CODE", code)
  );
  await gdal(program, "-q", ...args);
  return out;
}

Deno.test({
  name: "files as people have them: at GDAL's place, or refused, and then what is advised helps",
  ignore: !hasGdal,
  fn: async () => {
    using vision = openVision();
    for (const [name, kind] of Object.entries(KINDS)) {
      await inScratch(async (folder) => {
        const ground = `${folder}/ground.png`, path = `${folder}/a.${kind.end ?? "tif"}`;
        await writeGround(ground);
        await kind.before?.(folder);
        await gdal("gdal_translate", "-q", ...kind.args, ground, path);
        await kind.after?.(folder);
        let file = path;
        if (kind.refused !== undefined) {
          const error = await imported(path, vision, folder).then(() => null, (error) => error);
          assert.ok(error instanceof GdnError, `${name}: ${error ?? "it was imported"}`);
          assert.equal(error.exitCode, 65, name);
          assert.match(error.message, kind.refused, name);
          if (kind.isFinal) return;
          file = await advised(error.message, path, kind.code ?? "");
        }
        const found = await imported(file, vision, folder);
        const place = kind.place ?? MIDDLE;
        const awayM = 111_320 * Math.hypot(
          (found.longitudeDeg - place.longitudeDeg) * Math.cos(place.latitudeDeg * Math.PI / 180),
          found.latitudeDeg - place.latitudeDeg,
        );
        const about = `${name}: ${JSON.stringify(found)}`;
        const sizeM2 = (kind.covered ?? 1) * WIDTH * HEIGHT / 4;
        assert.ok(Math.abs(found.areaM2 / sizeM2 - 1) < 0.04, `${sizeM2} m² of ground: ${about}`);
        if (kind.covered !== undefined) return;
        assert.ok(awayM < 1, `${awayM} m away: ${about}`);
        assert.ok(found.eastGrey > found.westGrey + 40, about);
        if (kind.notes !== undefined) assert.match(found.notes, kind.notes, about);
        else assert.doesNotMatch(found.notes, /datum/, about);
      });
    }
  },
});
