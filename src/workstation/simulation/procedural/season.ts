/**
 * The two appearances of the same ground: as the map shows it, and as the camera sees it years
 * later.
 *
 * @module
 */
import type { Rgb } from "./canvas.ts";

export type SeasonName = "map" | "world";

/** What a field can carry. */
export type Cover = "crop" | "meadow" | "steppe" | "forest" | "orchard" | "village";

export interface Season {
  readonly name: SeasonName;
  /** Distinguishes this season's random numbers from the other's. */
  readonly salt: number;
  readonly crops: readonly Rgb[];
  readonly meadow: Rgb;
  readonly steppe: Rgb;
  readonly forestFloor: Rgb;
  readonly verge: Rgb;
  readonly asphalt: Rgb;
  readonly dirt: Rgb;
  readonly water: Rgb;
  readonly crowns: readonly Rgb[];
  readonly roofs: readonly Rgb[];
  /** How much of the light a crown blocks: bare trees let the ground show through. */
  readonly crownOpacity: number;
  /** Shadow per metre of height: east and north, metres. */
  readonly shadow: readonly [number, number];
  readonly shadowFactor: number;
  /** Snow lies where its noise is above this; above 1: none. */
  readonly snowFrom: number;
  /** Haze and light of the day. */
  readonly contrast: number;
  readonly brightness: number;
  /** Share of the buildings, trees and tree lines that this season lacks. */
  readonly missing: number;
}

/** Summer, morning: the older date. */
export const MAP_SEASON: Season = {
  name: "map",
  salt: 0x1111,
  crops: [[186, 166, 104], [78, 98, 48], [112, 116, 56], [116, 92, 70], [172, 154, 112], [
    98,
    118,
    62,
  ]],
  meadow: [98, 112, 62],
  steppe: [148, 138, 94],
  forestFloor: [58, 66, 40],
  verge: [112, 118, 72],
  asphalt: [122, 121, 122],
  dirt: [176, 160, 128],
  water: [62, 78, 76],
  crowns: [[46, 66, 34], [56, 76, 38], [40, 56, 34], [70, 84, 44]],
  roofs: [[150, 82, 62], [128, 124, 120], [168, 164, 158], [116, 74, 58]],
  crownOpacity: 0.95,
  shadow: [-0.55, 0.45],
  shadowFactor: 0.5,
  snowFrom: 2,
  contrast: 1,
  brightness: 1,
  missing: 0.06,
};

/** Late autumn, afternoon, first snow: the newer date. */
export const WORLD_SEASON: Season = {
  name: "world",
  salt: 0x2222,
  crops: [[92, 74, 58], [84, 106, 60], [158, 144, 112], [124, 112, 88], [104, 86, 68], [
    138,
    122,
    92,
  ]],
  meadow: [116, 112, 78],
  steppe: [134, 122, 92],
  forestFloor: [98, 82, 62],
  verge: [126, 116, 84],
  asphalt: [104, 104, 108],
  dirt: [142, 126, 102],
  water: [74, 82, 88],
  crowns: [[86, 70, 52], [108, 84, 52], [50, 60, 40], [96, 80, 62]],
  roofs: [[142, 80, 64], [136, 132, 128], [150, 146, 142], [108, 72, 60]],
  crownOpacity: 0.72,
  shadow: [0.6, 0.95],
  shadowFactor: 0.58,
  snowFrom: 0.37,
  contrast: 0.86,
  brightness: 1.06,
  missing: 0.08,
};

export const SNOW: Rgb = [226, 228, 234];
