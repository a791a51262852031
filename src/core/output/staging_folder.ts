/**
 * Where an output is written until it is complete. The name is fixed, so that a program may be permitted
 * to write an output and this, and nothing else of the folder that it lies in.
 */
export function stagingFolderOf(outputPath: string): string {
  return `${outputPath}.tmp`;
}
