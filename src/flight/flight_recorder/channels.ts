/**
 * One channel per kind.
 *
 * @module
 */
import { channelSchemaName } from "./foxglove.ts";
import { fdrJsonSchema, type FdrKind } from "./registry.ts";
import type { ChannelDescription } from "./segment_writer.ts";

/** @throws what comes of a kind that is not registered. */
export function channelOf(kind: string): ChannelDescription {
  return {
    topic: kind,
    schemaName: channelSchemaName(kind),
    schema: fdrJsonSchema(kind as FdrKind),
  };
}
