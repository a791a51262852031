import type { Matrix3 } from "../../core/mod.ts";

/** The rotation, turned about the vertical: clockwise seen from above, as headings count. */
export function turnClockwise(localFromCamera: Matrix3, angleRad: number): Matrix3 {
  const c = Math.cos(angleRad), s = Math.sin(angleRad);
  const m = localFromCamera;
  return [
    c * m[0] + s * m[3],
    c * m[1] + s * m[4],
    c * m[2] + s * m[5],
    c * m[3] - s * m[0],
    c * m[4] - s * m[1],
    c * m[5] - s * m[2],
    m[6],
    m[7],
    m[8],
  ];
}
