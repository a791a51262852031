/**
 * Paints roads, tracks, borders, buildings and their shadows.
 *
 * @module
 */
import { type Canvas, type Place, rectangle, type Rgb, strip } from "./canvas.ts";
import { hash2, HashStream, unit2 } from "./hash.ts";
import type { Block, Edge, Field, House } from "./layout.ts";
import type { LandTexture } from "./paint_land.ts";
import type { Season } from "./season.ts";

export function paintBuilt(
  canvas: Canvas,
  blocks: readonly Block[],
  season: Season,
  texture: LandTexture,
): void {
  const brush = { canvas, season, texture };
  for (const block of blocks) for (const field of block.fields) paintBorder(brush, field);
  const standing = blocks.flatMap((block) => block.houses).filter((house) =>
    canvas.touches(house.centre, 70) && unit2(house.key, 3, season.salt) >= season.missing
  );
  for (const house of standing) paintGarden(brush, house);
  for (const block of blocks) {
    for (const [from, to] of block.trails) paintTrail(brush, from, to);
  }
  const kinds = ["ditch", "track", "road"] as const;
  for (const kind of kinds) {
    for (const block of blocks) {
      for (const edge of block.edges) if (edge.kind === kind) paintEdge(brush, edge);
    }
  }
  for (const block of blocks) {
    for (const [from, to] of block.streets) paintStreet(brush, from, to);
  }
  for (const house of standing) paintHouseShadow(brush, house);
  for (const house of standing) paintHouse(brush, house);
}

interface Brush {
  readonly canvas: Canvas;
  readonly season: Season;
  readonly texture: LandTexture;
}

/** A flat colour with a share of the season's grain. */
function paintArea(
  brush: Brush,
  corners: readonly Place[],
  colour: Rgb,
  options: { grain: number; share?: number; built?: boolean },
): void {
  const { canvas, texture } = brush;
  const { grain, share = 1, built = false } = options;
  canvas.fillConvex(corners, (index) => {
    const level = grain * texture.grain[index];
    canvas.blend(index, [colour[0] + level, colour[1] + level, colour[2] + level], share);
    if (built) canvas.built[index] = 1;
  });
}

/** Whether a field's border is there in this season: some are ploughed away, others new. */
export function borderKind(field: Field, season: Season): Field["border"] {
  return unit2(field.key, 5, season.salt) < 0.12 ? "none" : field.border;
}

function paintBorder(brush: Brush, field: Field): void {
  const kind = borderKind(field, brush.season);
  if (kind === "none" || kind === "hedge") return;
  const { season } = brush;
  for (let i = 0; i < 4; i++) {
    const [a, b] = [field.corners[i], field.corners[(i + 1) % 4]];
    if (kind === "grass") paintArea(brush, strip(a, b, 1.6, 1), season.verge, { grain: 0.9 });
    if (kind === "path" && i < 2) {
      paintArea(brush, strip(a, b, 2.2, 1), season.verge, { grain: 0.9 });
      paintArea(brush, strip(a, b, 1.3, 1), season.dirt, { grain: 0.6, share: 0.8 });
    }
  }
}

function paintEdge(brush: Brush, edge: Edge): void {
  const { season } = brush, { from, to } = edge;
  const area = (halfWidthM: number, colour: Rgb, grain: number, built = true) =>
    paintArea(brush, strip(from, to, halfWidthM, halfWidthM), colour, { grain, built });
  if (edge.kind === "road") {
    area(8, season.verge, 1);
    area(4.6, season.dirt, 0.6);
    area(3.6, season.asphalt, 0.3);
  } else if (edge.kind === "track") {
    area(4, season.verge, 1, false);
    area(2, season.dirt, 0.7);
    area(0.4, season.verge, 0.8);
  } else {
    area(2.2, season.verge, 1);
    area(0.8, season.water, 0.5);
  }
}

function paintTrail(brush: Brush, from: Place, to: Place): void {
  const { season } = brush;
  const area = (halfWidthM: number, share: number) =>
    paintArea(brush, strip(from, to, halfWidthM, halfWidthM), season.dirt, { grain: 0.8, share });
  area(1.9, 0.35);
  area(0.9, 0.6);
}

function paintStreet(brush: Brush, from: Place, to: Place): void {
  const { season } = brush;
  paintArea(brush, strip(from, to, 5, 2), season.verge, { grain: 1, built: true });
  paintArea(brush, strip(from, to, 2.6, 2), season.asphalt, { grain: 0.5, built: true });
}

/** Beds and lawn behind a house: another colour every season. */
function paintGarden(brush: Brush, house: House): void {
  if (house.lengthM > 20) return;
  const { season } = brush;
  const dice = new HashStream(hash2(house.key, 9, season.salt));
  const place = new HashStream(hash2(house.key, 10, 0));
  const angle = house.angleRad + Math.PI / 2, reach = place.between(12, 20);
  const side = place.next() < 0.5 ? 1 : -1;
  const centre: Place = [
    house.centre[0] + side * reach * Math.cos(angle),
    house.centre[1] + side * reach * Math.sin(angle),
  ];
  const colour = season.crops[Math.floor(dice.next() * season.crops.length)];
  const corners = rectangle(centre, place.between(10, 22), place.between(9, 16), house.angleRad);
  paintArea(brush, corners, colour, { grain: 0.9, share: 0.8 });
}

function paintHouseShadow(brush: Brush, house: House): void {
  const { canvas, season } = brush;
  const seen = new Set<number>();
  for (let step = 1; step <= 4; step++) {
    const reach = house.heightM * step / 4;
    const centre: Place = [
      house.centre[0] + reach * season.shadow[0],
      house.centre[1] + reach * season.shadow[1],
    ];
    canvas.fillConvex(
      rectangle(centre, house.lengthM, house.widthM, house.angleRad),
      (index) => seen.add(index),
    );
  }
  for (const index of seen) canvas.scale(index, season.shadowFactor);
}

/** A gable roof: the half towards the sun is brighter. */
function paintHouse(brush: Brush, house: House): void {
  const { season } = brush;
  const colour = season.roofs[hash2(house.key, 2, 0) % season.roofs.length];
  const across = house.angleRad + Math.PI / 2;
  const normal: Place = [Math.cos(across), Math.sin(across)];
  const sun = Math.hypot(season.shadow[0], season.shadow[1]);
  for (const side of [-1, 1]) {
    const facing = -side * (normal[0] * season.shadow[0] + normal[1] * season.shadow[1]) / sun;
    const light = 1 + 0.3 * facing;
    const centre: Place = [
      house.centre[0] + side * normal[0] * house.widthM / 4,
      house.centre[1] + side * normal[1] * house.widthM / 4,
    ];
    paintArea(
      brush,
      rectangle(centre, house.lengthM, house.widthM / 2, house.angleRad),
      [colour[0] * light, colour[1] * light, colour[2] * light],
      { grain: 0.35, built: true },
    );
  }
}
