/** GDAL's programs, the reference for pixels and places. */
import assert from "node:assert/strict";

function isThere(): boolean {
  try {
    return new Deno.Command("gdal_translate", { args: ["--version"], stdout: "null" })
      .outputSync().success;
  } catch {
    return false;
  }
}

/** False: tests that need it say so and skip (apt-get install gdal-bin). */
export const hasGdal = isThere();

export async function gdal(program: string, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, { args }).output();
  assert.ok(success, `${program} ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}

/** Samples of the bands as GDAL reads them, pixel by pixel, as bytes. */
export async function pixelsByGdal(
  path: string,
  scratch: string,
  bands: readonly (number | "mask")[],
  more: readonly string[] = [],
): Promise<Uint8Array> {
  const raw = `${scratch}/gdal.bin`;
  const chosen = bands.flatMap((band) => ["-b", `${band}`]);
  const form = ["-q", "-of", "ENVI", "-co", "INTERLEAVE=BIP", "-mask", "none", "-ot", "Byte"];
  await gdal("gdal_translate", ...form, ...chosen, ...more, path, raw);
  return await Deno.readFile(raw);
}

/** Longitude and latitude of a pixel position (pixel centres at half integers), degrees. */
export async function placeByGdal(
  path: string,
  xPx: number,
  yPx: number,
): Promise<readonly [longitudeDeg: number, latitudeDeg: number]> {
  const child = new Deno.Command("gdaltransform", {
    args: ["-output_xy", "-t_srs", "EPSG:4326", path],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(`${xPx} ${yPx}\n`));
  await writer.close();
  const { stdout, stderr } = await child.output();
  const numbers = new TextDecoder().decode(stdout).trim().split(/\s+/).map(Number);
  assert.equal(numbers.length, 2, new TextDecoder().decode(stderr));
  // gdaltransform writes longitude first, whatever the axes of EPSG:4326 are.
  return [numbers[0], numbers[1]];
}
