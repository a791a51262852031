/**
 * The file system that a folder lies on.
 *
 * @module
 */
import { NativeErrorBuffer } from "../core/mod.ts";
import type { DiskLibrary } from "./library.ts";

export class FileSystem implements AsyncDisposable {
  readonly #disk: DiskLibrary;
  #handle: bigint;
  #underWay: Promise<void> = Promise.resolve();

  private constructor(disk: DiskLibrary, handle: bigint) {
    this.#disk = disk;
    this.#handle = handle;
  }

  /**
   * `folder` is absolute. From now on `sync()` tells of lost bytes.
   *
   * @throws NativeError where there is no such folder, and on Linux before 5.8.
   */
  static open(disk: DiskLibrary, folder: string): FileSystem {
    const bytes = new TextEncoder().encode(`${folder}\0`);
    const handle = new BigInt64Array(1);
    const error = new NativeErrorBuffer();
    const length = BigInt(bytes.length);
    error.check("gdn_disk_open", disk.symbols.gdn_disk_open(bytes, length, handle, error.bytes));
    return new FileSystem(disk, handle[0]);
  }

  /**
   * Waits until everything that was written before this call is on the disk, whoever wrote it.
   *
   * @throws NativeError when that failed; what of it is on the disk nobody knows then.
   */
  sync(): Promise<void> {
    if (this.#handle === 0n) return Promise.reject(new TypeError("this file system was closed"));
    const work = this.#sync(this.#handle);
    this.#underWay = Promise.allSettled([this.#underWay, work]).then(() => {});
    return work;
  }

  async #sync(handle: bigint): Promise<void> {
    const error = new NativeErrorBuffer();
    error.check("gdn_disk_sync", await this.#disk.symbols.gdn_disk_sync(handle, error.bytes));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const handle = this.#handle;
    if (handle === 0n) return;
    this.#handle = 0n;
    await this.#underWay;
    const error = new NativeErrorBuffer();
    error.check("gdn_disk_close", this.#disk.symbols.gdn_disk_close(handle, error.bytes));
  }
}
