import type { PointPairs } from "./agreement.ts";

/**
 * The pairs to hand on: in each block of the view those whose descriptors are most alike. Hundreds of
 * neighbours say little more than one of them (their errors are shared), and the pose costs the cube
 * of their number.
 */
export function spreadOut(
  chosen: readonly number[],
  { a, cosines }: PointPairs & { readonly cosines: Float32Array },
  view: { readonly widthPx: number; readonly heightPx: number; readonly gsdM: number },
  blocks: { readonly blocksX: number; readonly blocksY: number; readonly perBlock: number },
): number[] {
  const { blocksX, blocksY, perBlock } = blocks;
  const taken = new Uint16Array(blocksX * blocksY);
  const block = (offsetM: number, sizePx: number, count: number) =>
    Math.min(count - 1, Math.max(0, Math.floor((offsetM / (sizePx * view.gsdM) + 0.5) * count)));
  return chosen.toSorted((i, k) => cosines[k] - cosines[i] || i - k).filter((i) => {
    const column = block(a[2 * i], view.widthPx, blocksX);
    const row = block(a[2 * i + 1], view.heightPx, blocksY);
    return taken[row * blocksX + column]++ < perBlock;
  });
}
