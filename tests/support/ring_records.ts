/**
 * Records whose every byte follows from their number, so that a torn one is seen.
 *
 * @module
 */

const ID_BYTES = 4;

/** Record `id` in the front of `scratch`; short ones and long ones in turns. */
export function recordOf(id: number, scratch: Uint8Array): Uint8Array {
  const length = ID_BYTES + (Math.imul(id, 2654435761) >>> 8) % (scratch.length - ID_BYTES + 1);
  const record = scratch.subarray(0, length);
  record.fill((id * 31) & 255);
  for (let byte = 0; byte < ID_BYTES; byte++) record[byte] = id >>> (8 * byte);
  return record;
}

/** The number of a record; throws unless it is whole. */
export function idOf(record: Uint8Array, slotBytes: number): number {
  const id = record[0] | record[1] << 8 | record[2] << 16 | record[3] << 24;
  const length = ID_BYTES + (Math.imul(id, 2654435761) >>> 8) % (slotBytes - ID_BYTES + 1);
  if (record.length !== length) {
    throw new Error(`record ${id} has ${record.length} bytes, not ${length}: torn`);
  }
  for (let at = ID_BYTES; at < length; at++) {
    if (record[at] !== ((id * 31) & 255)) throw new Error(`record ${id} is torn at byte ${at}`);
  }
  return id;
}
