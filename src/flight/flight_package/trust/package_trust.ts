/**
 * Who made a package, as far as it was asked.
 *
 * @module
 */
import type { PackageTrustCode } from "../errors.ts";
import type { PackageStatement } from "./statement.ts";

export type PackageTrust =
  /** Nobody asked. */
  | { readonly kind: "unchecked" }
  | {
    readonly kind: "trusted";
    readonly key: {
      readonly id: string;
      /** Of its file; of a successor its id. */
      readonly name: string;
      /** Id of the installed key whose signature it is believed by; null: it is installed itself. */
      readonly successorOf: string | null;
    };
    readonly statement: PackageStatement;
    /** What was allowed against the rule; null: nothing. */
    readonly warning: string | null;
  }
  | {
    readonly kind: "untrusted";
    readonly code: PackageTrustCode;
    /** Without the package's path. */
    readonly reason: string;
  };
