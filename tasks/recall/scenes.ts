/**
 * Scenes to cut squares of ground from: the real pictures beside the checkout, and procedural
 * ground in both of its seasons.
 *
 * @module
 */
import { greyOf, ProceduralGround, readRasterFile } from "../../src/workstation/simulation/mod.ts";
import type { Picture } from "../../src/native/vision/mod.ts";
import { sharedData } from "../../tests/support/paths.ts";

export interface Scene {
  readonly name: string;
  readonly kind: "two dates" | "photographs" | "procedural";
  /** Sides of its squares of ground, in pixels of its picture: smallest and largest. */
  readonly sidesPx: readonly [number, number];
  /** Share of all squares. */
  readonly share: number;
  open(): Promise<Picture>;
}

const SITES = ["site_1", "site_2", "site_4"];
const PHOTOGRAPHS = Array.from({ length: 18 }, (_, i) => `DJI_00${18 + i}.JPG`);
const PROCEDURAL_AREAS = 20, AREA_M = 1024, AREA_GSD_M = 1;
const SHARES = { sites: 0.45, photographs: 0.15, procedural: 0.4 };

/** Every available scene; without the real data the procedural ones are used for all. */
export function scenes(): Scene[] {
  const real = [...siteScenes(), ...photographScenes()];
  const procedural = proceduralScenes();
  const total = [...real, ...procedural].reduce((sum, scene) => sum + scene.share, 0);
  return [...real, ...procedural].map((scene) => ({ ...scene, share: scene.share / total }));
}

/** 512 m at 0.5 m per pixel: squares of 64 to 256 m. */
function siteScenes(): Scene[] {
  const found = SITES.flatMap((site) =>
    ["map", "world"].flatMap((date) => {
      const path = sharedData(`two_dates/${site}/${date}.png`);
      return path === undefined ? [] : [{ name: `${site} ${date}`, path }];
    })
  );
  return found.map(({ name, path }) => ({
    name,
    kind: "two dates",
    sidesPx: [128, 512],
    share: SHARES.sites / found.length,
    open: async () => greyOf(await readRasterFile(path)),
  }));
}

/** About 68 m × 38 m at 1.7 cm per pixel: squares of 8 to 30 m. */
function photographScenes(): Scene[] {
  const paths = PHOTOGRAPHS.map((name) => sharedData(`brighton_beach/${name}`))
    .filter((path) => path !== undefined);
  return paths.map((path) => ({
    name: path.slice(path.lastIndexOf("/") + 1),
    kind: "photographs",
    sidesPx: [470, 1760],
    share: SHARES.photographs / paths.length,
    open: async () => greyOf(await readRasterFile(path)),
  }));
}

/** A square kilometre each at 1 m per pixel: squares of 96 to 384 m. */
function proceduralScenes(): Scene[] {
  const centre = { latitudeDeg: 50, longitudeDeg: 30, heightM: 0 };
  const count = 2 * PROCEDURAL_AREAS;
  return Array.from({ length: count }, (_, i) => {
    const season = i % 2 === 0 ? "map" : "world";
    const area = Math.floor(i / 2);
    return {
      name: `procedural ${area} ${season}`,
      kind: "procedural",
      sidesPx: [96, 384],
      share: SHARES.procedural / count,
      async open() {
        const ground = new ProceduralGround({ seed: "recall", centre, season });
        const sidePx = AREA_M / AREA_GSD_M;
        const { picture } = await ground.patch({
          westM: area * 2 * AREA_M,
          southM: 0,
          widthPx: sidePx,
          heightPx: sidePx,
          gsdM: AREA_GSD_M,
        });
        return greyOf(picture);
      },
    };
  });
}
