/**
 * The two pictures of a site, mirrored and turned, as files.
 *
 * @module
 */
import sharp from "sharp";
import { exists } from "../../../src/core/mod.ts";
import type { TurnedPictures } from "./draw.ts";

/** Writes `folder`/map.png and `folder`/world.png. */
export async function writeTurnedPictures(ground: TurnedPictures, folder: string): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  for (const name of ["map.png", "world.png"]) {
    if (await exists(`${folder}/${name}`)) continue;
    const bytes = await Deno.readFile(`${ground.folder}/${name}`);
    // sharp turns before it mirrors, whatever the order of the calls: two passes.
    const mirrored = await sharp(bytes).flop(ground.isMirrored).png().toBuffer();
    const turned = await sharp(mirrored).rotate(90 * ground.quarterTurns).png().toBuffer();
    await Deno.writeFile(`${folder}/${name}`, turned);
  }
}
