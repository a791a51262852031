/**
 * Adds models to a flight package that is there already: the package is made anew beside its place, with
 * links to the files that stay, and then takes its place. A killed run leaves the older package.
 *
 * @module
 */
import {
  type Manifest,
  MODEL_FOLDER,
  openFlightPackage,
  type VerifyProgress,
} from "../../flight/flight_package/mod.ts";
import { PackageFolder } from "./package_folder.ts";

/** Files of the package that lie in its folder of models, after the change. */
interface PackagedModels {
  readonly files: Manifest["files"];
  readonly manifestSha256: string;
}

/**
 * Verifies the package, lets `fill` write into its folder of models (`folder`, files of older models
 * stand in it; replace them by renaming, never write into one), and lists what is there then.
 *
 * @throws PackageError when the package is not whole; OutputWriteError
 */
export async function addModels(
  path: string,
  fill: (folder: string) => Promise<void>,
  onProgress?: (manifest: Manifest) => VerifyProgress,
): Promise<PackagedModels> {
  const { manifest } = await openFlightPackage(path, onProgress);
  await using folder = await PackageFolder.begin(path);
  for (const file of manifest.files) await folder.keep(path, file);
  await folder.folder(MODEL_FOLDER);
  await fill(`${folder.path}/${MODEL_FOLDER}`);
  folder.forget((file) => file.path.startsWith(`${MODEL_FOLDER}/`));
  const names: string[] = [];
  for await (const { name, isFile } of Deno.readDir(`${folder.path}/${MODEL_FOLDER}`)) {
    if (isFile) names.push(name);
  }
  for (const name of names.sort()) await folder.adopt(`${MODEL_FOLDER}/${name}`);
  const models = folder.files.filter((file) => file.path.startsWith(`${MODEL_FOLDER}/`));
  const { files: _, ...head } = manifest;
  const { manifestSha256 } = await folder.finish(head);
  return { files: models, manifestSha256 };
}
