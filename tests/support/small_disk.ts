/**
 * Real file systems that are soon full: a tmpfs, which only root may mount.
 *
 * @module
 */
import assert from "node:assert/strict";

async function mount(...args: string[]): Promise<{ success: boolean; reason: string }> {
  const { success, stderr } = await new Deno.Command("mount", { args }).output();
  return { success, reason: new TextDecoder().decode(stderr).trim() };
}

export interface SmallDisk {
  /** Where it is mounted. */
  readonly path: string;
  /** Makes room on it. */
  enlarge(): Promise<void>;
}

/** Runs `body` with a disk of `kilobytes`, and of `inodes` files and folders where given. */
export async function onSmallDisk(
  { kilobytes, inodes }: { readonly kilobytes: number; readonly inodes?: number },
  body: (disk: SmallDisk) => Promise<void>,
): Promise<void> {
  const path = await Deno.realPath(await Deno.makeTempDir({ prefix: "gdn-disk-" }));
  const limits = inodes === undefined ? "" : `,nr_inodes=${inodes}`;
  try {
    const mounted = await mount("-t", "tmpfs", "-o", `size=${kilobytes}k${limits}`, "tmpfs", path);
    assert.ok(mounted.success, mounted.reason);
    try {
      await body({
        path,
        async enlarge() {
          const again = await mount("-o", "remount,size=512m,nr_inodes=10000", path);
          assert.ok(again.success, again.reason);
        },
      });
    } finally {
      await new Deno.Command("umount", { args: [path] }).output();
    }
  } finally {
    await Deno.remove(path, { recursive: true });
  }
}

/** False, with a line that says why, where no file system can be mounted. */
export async function canMountSmallDisk(): Promise<boolean> {
  let reason = "only root may mount a small disk";
  if (Deno.uid() === 0) {
    const folder = await Deno.makeTempDir();
    const mounted = await mount("-t", "tmpfs", "-o", "size=64k", "tmpfs", folder);
    if (mounted.success) await new Deno.Command("umount", { args: [folder] }).output();
    await Deno.remove(folder);
    if (mounted.success) return true;
    reason = `no file system can be mounted here: ${mounted.reason}`;
  }
  console.warn(`tests of a full disk are skipped: ${reason}`);
  return false;
}
