/**
 * Links below /dev, as udev makes them for serial adapters. Tests may not write there themselves: the
 * runtime wants all rights for it.
 *
 * @module
 */

async function done(command: string, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, { args }).output();
  if (!success) throw new Error(`${command}: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout).trim();
}

/** A folder below /dev that is removed with all that is in it. */
export class DeviceLinks implements AsyncDisposable {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async make(): Promise<DeviceLinks> {
    return new DeviceLinks(await done("mktemp", "-d", "-p", "/dev/shm", "gdn-test-XXXXXX"));
  }

  /** Makes `name` a link to `target`, whatever it was. */
  async link(target: string, name: string): Promise<void> {
    await done("ln", "-sfn", target, `${this.folder}/${name}`);
  }

  async unlink(name: string): Promise<void> {
    await done("rm", "-f", `${this.folder}/${name}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await done("rm", "-rf", this.folder);
  }
}
