/** Imagery opened as it is: nothing beside the file says where it lies. */
import type { Imagery } from "../../src/tiles/workstation/tile_import/contract.ts";
import { openImagery } from "../../src/tiles/workstation/tile_import/mod.ts";

export async function imageryAsItIs(
  path: string,
  toolkit: Parameters<typeof openImagery>[1],
  scratchDirectory: string,
): Promise<Imagery> {
  const { imagery } = await openImagery(path, toolkit, {
    centre: null,
    gsdM: null,
    stretch: null,
    groundAltitudeM: null,
    headings: "trust",
    scratchDirectory,
  });
  return imagery;
}
