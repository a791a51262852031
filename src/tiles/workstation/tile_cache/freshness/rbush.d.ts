/** What is used of npm:rbush, which brings no types of its own. */
export interface Box {
  readonly minX: number;
  readonly minY: number;
  readonly maxX: number;
  readonly maxY: number;
}

export default class RBush<Item extends Box> {
  constructor(maxEntries?: number);
  /** Inserts many at once. */
  load(items: readonly Item[]): this;
  /** Items that share at least a point with the box. */
  search(box: Box): Item[];
}
