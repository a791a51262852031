/**
 * The result of an export.
 *
 * @module
 */

export interface Export {
  readonly path: string;
  /** Names of the files in a folder; empty for one file. */
  readonly files: readonly string[];
  /** Number of records exported; with 0 nothing was written. */
  readonly records: number;
}
