/**
 * What the filter that does without GPS (gps_witness.ts) makes of GPS.
 *
 * @module
 */
export type GpsFinding =
  | { readonly kind: "none" }
  /** Not to be fused for the time being. */
  | { readonly kind: "doubt"; readonly reason: string }
  | {
    readonly kind: "conflict";
    readonly reason: string;
    /** The largest of late, horizontal. */
    readonly disagreementM: number;
    /** The map is as likely to be the wrong one: they never agreed. */
    readonly mapInDoubt: boolean;
  };
