import type { Act } from "./act.ts";
import { CODE_AND_IMPORT_ACTS } from "./code_acts.ts";
import { FILE_ACTS } from "./file_acts.ts";
import { NATIVE_ACTS } from "./native_acts.ts";
import { NETWORK_ACTS } from "./network_acts.ts";
import { PROCESS_ACTS } from "./process_acts.ts";

export const acts: readonly Act[] = [
  ...NETWORK_ACTS,
  ...FILE_ACTS,
  ...PROCESS_ACTS,
  ...CODE_AND_IMPORT_ACTS,
  ...NATIVE_ACTS,
];
