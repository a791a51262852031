/**
 * The local frame of all that is flown with a package.
 *
 * @module
 */
import { LocalFrame } from "../../core/mod.ts";
import type { Manifest } from "./contract.ts";

/** Its origin is the middle of the package's area, on its ground. */
export function packageFrame({ area, groundHeightM }: Manifest): LocalFrame {
  return new LocalFrame({
    latitudeDeg: (area.southDeg + area.northDeg) / 2,
    longitudeDeg: (area.westDeg + area.eastDeg) / 2,
    heightM: groundHeightM,
  });
}
