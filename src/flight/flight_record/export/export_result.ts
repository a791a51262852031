/**
 * What an export tells of itself.
 *
 * @module
 */

export interface Export {
  readonly path: string;
  /** Names of the files in a folder; empty for one file. */
  readonly files: readonly string[];
  /** Records that went into it; where there were none, nothing was written. */
  readonly records: number;
}
