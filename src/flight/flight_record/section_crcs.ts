/**
 * Checks the two CRCs over everything outside of chunks: of the data section, and of the summary.
 *
 * @module
 */
import { crc32 } from "node:zlib";
import type { ByteSource } from "./byte_source.ts";
import type { Damage, DamageCode } from "./damage.ts";
import { findFlippedBit } from "./flipped_bit.ts";
import { RECORD_HEAD_BYTES } from "./mcap_format.ts";
import type { Place, ScanEvent } from "./scan_events.ts";

const STEP_BYTES = 1024 * 1024;
/** Bytes of the footer record from its CRC on. */
const CRC_BYTES = 4;
/** Finding a flipped bit takes one step a bit. */
const FLIPPED_BIT_BYTES_MAX = 128 * 1024 * 1024;

type Report = (damage: Omit<Damage, "segment">) => void;

/** Places of the CRCs, collected from the scan. */
export class SectionCrcs {
  #dataEnd: (Place & { readonly crc: number }) | null = null;
  #footer: (Place & { readonly crc: number; readonly summaryStart: number }) | null = null;

  add(event: ScanEvent): void {
    if (event.type === "data_end") this.#dataEnd = { ...event.place, crc: event.crc };
    if (event.type === "footer") {
      const { summaryCrc, summaryStart } = event.footer;
      this.#footer = { ...event.place, crc: summaryCrc, summaryStart };
    }
  }

  /** Reads the sections again, and reports differences. */
  async check(source: ByteSource, report: Report, signal?: AbortSignal): Promise<void> {
    const dataEnd = this.#dataEnd, footer = this.#footer;
    if (dataEnd !== null && dataEnd.crc !== 0) {
      const crcOffset = dataEnd.offset + RECORD_HEAD_BYTES;
      const section = { from: 0, to: dataEnd.offset, crc: dataEnd.crc, crcOffset };
      await checkSection(source, section, "data_crc", "data section", report, signal);
    }
    if (footer !== null && footer.crc !== 0) {
      const to = footer.offset + footer.lengthBytes - CRC_BYTES;
      // The footer's start offset may be damaged; the data end's position is known from the scan.
      const from = dataEnd === null ? footer.summaryStart : dataEnd.offset + dataEnd.lengthBytes;
      if (from > to) return;
      const section = { from, to, crc: footer.crc, crcOffset: to };
      await checkSection(source, section, "summary_crc", "summary section", report, signal);
    }
  }
}

interface Section {
  readonly from: number;
  readonly to: number;
  readonly crc: number;
  /** Offset of the CRC itself. */
  readonly crcOffset: number;
}

async function checkSection(
  source: ByteSource,
  section: Section,
  code: DamageCode,
  name: string,
  report: Report,
  signal?: AbortSignal,
): Promise<void> {
  const { from, to, crc } = section;
  let computed = 0;
  for (let at = from; at < to; at += STEP_BYTES) {
    signal?.throwIfAborted();
    computed = crc32(await source.bytes(at, Math.min(STEP_BYTES, to - at)), computed);
  }
  if (computed === crc) return;
  const length = to - from;
  const found = length > FLIPPED_BIT_BYTES_MAX ? undefined : findFlippedBit(length, crc, computed);
  const where = found === undefined
    ? "more than one bit is wrong"
    : found.where === "crc"
    ? "one bit of the CRC itself flipped"
    : `bit ${found.bit} of byte ${from + found.byte} flipped`;
  report({
    code,
    offset: found === undefined
      ? from
      : found.where === "data"
      ? from + found.byte
      : section.crcOffset,
    record: name,
    reason: `the CRC of the ${name} is 0x${crc.toString(16)}, that of its bytes ` +
      `0x${computed.toString(16)}: ${where}`,
    losesRecords: false,
  });
}
