/**
 * Maps public keys to flights: enrolled by the safety officer, or read from a recorder's files.
 *
 * @module
 */
import {
  findFlight,
  type FlightFiles,
  NothingReadableError,
  readBatches,
} from "../../flight/flight_record/mod.ts";
import { FDR_KINDS } from "../../flight/flight_recorder/mod.ts";

const KEY_KIND = "c11.upload.session.key.public";

export class KeyRegistry {
  readonly #flightOf = new Map<string, string>();
  readonly #recorderFolder: string | null;

  /** Recorded flights are below `recorderFolder`, including one that is still being written. */
  constructor(recorderFolder: string | null) {
    this.#recorderFolder = recorderFolder;
  }

  enrol(flightId: string, publicKey: Uint8Array): void {
    this.#flightOf.set(keyText(publicKey), flightId.toLowerCase());
  }

  /**
   * Whether the key is known as this flight's; unknown keys are searched for in the recorder's
   * files.
   */
  async isOf(publicKey: Uint8Array, flightId: string): Promise<boolean> {
    const known = () => this.#flightOf.get(keyText(publicKey)) === flightId.toLowerCase();
    if (!known() && this.#recorderFolder !== null) await this.#read(this.#recorderFolder);
    return known();
  }

  /**
   * Only records with a correct CRC: a key with one changed digit would belong to somebody else.
   */
  async #read(recorderFolder: string): Promise<void> {
    for await (const { name, isDirectory } of Deno.readDir(recorderFolder)) {
      if (!isDirectory) continue;
      try {
        await this.#readFlight(await findFlight(`${recorderFolder}/${name}`));
      } catch (error) {
        // Not a flight, or not readable for this process: continue with the others.
        if (error instanceof NothingReadableError) continue;
        if (error instanceof Deno.errors.PermissionDenied) continue;
        throw error;
      }
    }
  }

  async #readFlight(files: FlightFiles): Promise<void> {
    for await (const batch of readBatches(files, { kinds: [KEY_KIND] })) {
      for (const { record, message } of batch) {
        const key = FDR_KINDS[KEY_KIND].safeParse(record.payload);
        if (!message.verified || !key.success) continue;
        this.enrol(key.data.flightId, Uint8Array.fromBase64(key.data.publicKey));
      }
    }
  }
}

function keyText(publicKey: Uint8Array): string {
  return publicKey.toHex();
}
