/**
 * Settings of the descriptor index.
 *
 * @module
 */
import * as z from "zod";

export const DescriptorIndexConfigSchema = z.strictObject({
  faissIndexPath: z.string().min(1).max(4000)
    .refine((path) => !path.includes("\0"), "holds a NUL character")
    .describe("The `.index` file; `.index.sha256` and `.index.meta.json` stand beside it"),
  faissWarmupQueryPath: z.string().min(1).max(4000).nullable().default(null)
    .describe("float32 descriptors, little-endian, that are searched for once after loading"),
  buildFaissIndex: z.boolean().default(true)
    .describe("false: FAISS is never loaded, and no index is built or opened"),
});
export type DescriptorIndexConfig = Readonly<z.infer<typeof DescriptorIndexConfigSchema>>;
