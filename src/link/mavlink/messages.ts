/**
 * The messages that we speak, in one table from which their types, layouts and check sums follow.
 *
 * Field names are those of the definitions in camel case (`time_usec` is `timeUsec`), with one
 * exception: NAMED_VALUE_FLOAT's `name` is `valueName`, because `name` tells a message's kind. Units,
 * scales and frames are those of the definitions as well (https://mavlink.io/en/messages/common.html);
 * nothing is converted here.
 *
 * @module
 */
import { DIALOGUE } from "./messages_dialogue.ts";
import { SENSORS } from "./messages_sensors.ts";
import { STATE } from "./messages_state.ts";

export type NumberType =
  | "uint8"
  | "int8"
  | "uint16"
  | "int16"
  | "uint32"
  | "int32"
  | "uint64"
  | "int64"
  | "float"
  | "double";

/** One number, or so many of them; `["char", 16]` is a text of at most 16 bytes. */
export type FieldType = NumberType | readonly [NumberType | "char", number];

/** Fields in wire order: what a frame holds, one after the other. */
type FieldTypes = Readonly<Record<string, FieldType>>;

export interface MessageDefinition {
  readonly id: number;
  /** Last byte of what the check sum is taken of; not in the frame. */
  readonly crcExtra: number;
  readonly fields: FieldTypes;
  /** Added to the message later: never in a MAVLink 1 frame, zero where a sender does not know them. */
  readonly extensions?: FieldTypes;
  /** Other readings of a field's bytes; what is given to be sent goes in place of the field. */
  readonly readings?: Readonly<Record<string, { readonly of: string; readonly type: NumberType }>>;
}

export const MESSAGES = { ...STATE, ...SENSORS, ...DIALOGUE } as const satisfies Readonly<
  Record<string, MessageDefinition>
>;

type Messages = typeof MESSAGES;
export type MessageName = keyof Messages;

type Value<Type> = Type extends readonly ["char", number] ? string
  : Type extends readonly [NumberType, number] ? readonly number[]
  : number;
type Values<Types> = { readonly [Name in keyof Types]: Value<Types[Name]> };
type Extensions<Name extends MessageName> = Messages[Name] extends
  { readonly extensions: infer Types extends FieldTypes } ? Types : Record<never, never>;

type Readings<Name extends MessageName> = Messages[Name] extends { readonly readings: infer Types }
  ? { readonly [Reading in keyof Types]: number }
  : Record<never, never>;

/** A message as it was received: every field is there. */
export type MessageOf<Name extends MessageName> =
  & { readonly name: Name }
  & Values<Messages[Name]["fields"]>
  & Values<Extensions<Name>>
  & Readings<Name>;

/** A message to be sent: extensions that are left out go as zero. */
type OutgoingMessageOf<Name extends MessageName> =
  & { readonly name: Name }
  & Values<Messages[Name]["fields"]>
  & Partial<Values<Extensions<Name>>>
  & Partial<Readings<Name>>;

export type Message = { [Name in MessageName]: MessageOf<Name> }[MessageName];
export type OutgoingMessage = { [Name in MessageName]: OutgoingMessageOf<Name> }[MessageName];
