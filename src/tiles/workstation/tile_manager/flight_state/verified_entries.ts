/**
 * Reads the records of one file of a flight whose CRC is correct.
 *
 * @module
 */
import { findFlight, type FlightEntry, readBatches } from "../../../../flight/flight_record/mod.ts";

/** `onDoubt` is called for every damage and for every record that no CRC covers. */
export async function* verifiedEntries(
  path: string,
  onDoubt: () => void = () => {},
): AsyncGenerator<FlightEntry, void, void> {
  for await (const batch of readBatches(await findFlight(path), { onDamage: onDoubt })) {
    for (const entry of batch) {
      if (entry.message.verified) yield entry;
      else onDoubt();
    }
  }
}
