/**
 * What is inside a program besides our own code, and under which licences.
 *
 * @module
 */

/** How a component came in: into a bundle or as files, into a native library, or as the runtime. */
export type Relation = "bundled" | "static" | "runtime";

export interface Component {
  /** "zod", "libfaiss-dev", "deno" */
  readonly name: string;
  readonly version: string;
  readonly relation: Relation;
  /** Package URL, https://github.com/package-url/purl-spec */
  readonly purl: string;
  /** An SPDX expression, or null where the licence has no name: then `licenceTexts` say what it is. */
  readonly licence: string | null;
  /** The licence files that came with it. */
  readonly licenceTexts: readonly string[];
  /** "SHA512" of what was downloaded, in hexadecimal. */
  readonly sha512?: string;
  readonly supplier: string;
  readonly comment?: string;
}

/** The order of the documents. */
export function byPurl(a: Component, b: Component): number {
  return a.purl < b.purl ? -1 : a.purl > b.purl ? 1 : 0;
}
