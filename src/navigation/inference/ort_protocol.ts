/**
 * Messages between an ONNX Runtime thread and its owner.
 *
 * @module
 */
import type { Tensor, TensorDeclaration } from "./contract.ts";
import type { ProviderArgs } from "./providers.ts";

interface OrtSessionOptions {
  /** Execution providers with their options, in order of preference, as onnxruntime-node takes them. */
  readonly executionProviders: ProviderArgs[];
  /** Threads of one operator; 0: as many as the computer has cores. */
  readonly intraOpThreads: number;
}

/** A session, known by its number. */
export interface OpenedSession {
  readonly session: number;
  readonly inputs: readonly TensorDeclaration[];
  readonly outputs: readonly TensorDeclaration[];
}

/** What the thread is asked for, and what it answers. */
export interface OrtCalls {
  readonly open: {
    readonly arguments: {
      readonly model: Uint8Array<ArrayBuffer>;
      readonly options: OrtSessionOptions;
    };
    readonly result: OpenedSession;
  };
  readonly run: {
    readonly arguments: { readonly session: number; readonly inputs: readonly Tensor[] };
    /** `spent`: the buffers of the inputs, to be filled again. */
    readonly result: {
      readonly outputs: readonly Tensor[];
      readonly spent: readonly ArrayBuffer[];
    };
  };
  readonly close: { readonly arguments: { readonly session: number }; readonly result: null };
}
export type OrtCallName = keyof OrtCalls;

export interface OrtRequest<Name extends OrtCallName = OrtCallName> {
  readonly id: number;
  readonly name: Name;
  readonly arguments: OrtCalls[Name]["arguments"];
}

export interface OrtFault {
  readonly code: "not_loaded" | "failed";
  readonly message: string;
}

export type OrtReply =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly fault: OrtFault };
