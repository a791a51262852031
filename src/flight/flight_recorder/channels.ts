/**
 * Describes the MCAP channel of each kind of record: one channel for each kind.
 *
 * @module
 */
import { channelSchemaName } from "./foxglove.ts";
import { fdrJsonSchema, type FdrKind } from "./registry.ts";
import type { ChannelDescription } from "./segment_writer.ts";

/** @throws FdrKindError for a kind that is not registered. */
export function channelOf(kind: string): ChannelDescription {
  return {
    topic: kind,
    schemaName: channelSchemaName(kind),
    schema: fdrJsonSchema(kind as FdrKind),
  };
}
