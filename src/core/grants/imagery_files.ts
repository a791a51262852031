/**
 * Files beside a picture that belong to it: GDAL's metadata and mask, world files, projections.
 *
 * @module
 */

interface ImageryFiles {
  /** GDAL's metadata. */
  readonly auxiliary: string;
  /** GDAL's mask. */
  readonly mask: string;
  /** World files, in the order in which they count. */
  readonly worlds: readonly string[];
  readonly projections: readonly string[];
}

/** The names that they have, whether they are there or not. */
export function filesBesideImagery(path: string): ImageryFiles {
  const [, stem, extension = ""] = /^(.*?)(?:\.([^./]*))?$/s.exec(path) ?? ["", path, ""];
  const short = extension.length > 1 ? `${extension[0]}${extension.at(-1)}w` : "";
  const both = (endings: readonly string[]) =>
    endings.filter((ending) => ending !== "").flatMap((ending) => [
      `${stem}.${ending.toLowerCase()}`,
      `${stem}.${ending.toUpperCase()}`,
    ]);
  return {
    auxiliary: `${path}.aux.xml`,
    mask: `${path}.msk`,
    worlds: both([short, extension === "" ? "" : `${extension}w`, "wld"]),
    projections: both(["prj"]),
  };
}

/** All of them. */
export function namesBesideImagery(path: string): readonly string[] {
  const { auxiliary, mask, worlds, projections } = filesBesideImagery(path);
  return [auxiliary, mask, ...worlds, ...projections];
}
