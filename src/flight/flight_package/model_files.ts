/**
 * Neural models that fly with a package.
 *
 * @module
 */
import type { FlightPackage } from "./contract.ts";

/**
 * What a configuration's path of a model names: the file of the package of that path ("models/xfeat.onnx"),
 * with the hash that the manifest gives; else a file outside of it.
 */
export function packagedModel(
  { path: folder, manifest }: Pick<FlightPackage, "path" | "manifest">,
  path: string,
): { readonly path: string; readonly sha256?: string } {
  const file = manifest.files.find((each) => each.path === path);
  return file === undefined ? { path } : { path: `${folder}/${path}`, sha256: file.sha256 };
}
