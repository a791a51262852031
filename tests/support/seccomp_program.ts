/**
 * Runs a seccomp filter as the kernel would: a classic BPF program over `struct seccomp_data`.
 *
 * @module
 */

/** One system call as a filter sees it. */
export interface SystemCall {
  /** AUDIT_ARCH_… */
  readonly architecture: number;
  readonly number: number;
  /** Of each argument the lower 32 bits; absent ones are 0. */
  readonly arguments?: readonly number[];
}

const LOAD = 0x20, JUMP_EQUAL = 0x15, JUMP_GREATER = 0x25, JUMP_ANY_BIT = 0x45;
const AND = 0x54, RETURN = 0x06;

/** The filter's answer: SECCOMP_RET_… with its data. Throws where the kernel would refuse the program. */
export function runFilter(program: Uint8Array, call: SystemCall): number {
  const data = new DataView(new ArrayBuffer(64));
  data.setUint32(0, call.number, true);
  data.setUint32(4, call.architecture, true);
  call.arguments?.forEach((value, index) => data.setUint32(16 + 8 * index, value, true));
  const code = new DataView(program.buffer, program.byteOffset, program.byteLength);
  let accumulator = 0;
  for (let at = 0; at < program.length / 8;) {
    const operation = code.getUint16(8 * at, true);
    const ifTrue = code.getUint8(8 * at + 2), ifFalse = code.getUint8(8 * at + 3);
    const value = code.getUint32(8 * at + 4, true);
    at++;
    const jump = (holds: boolean) => at += holds ? ifTrue : ifFalse;
    if (operation === RETURN) return value;
    else if (operation === LOAD) accumulator = data.getUint32(value, true);
    else if (operation === AND) accumulator = (accumulator & value) >>> 0;
    else if (operation === JUMP_EQUAL) jump(accumulator === value);
    else if (operation === JUMP_GREATER) jump(accumulator > value);
    else if (operation === JUMP_ANY_BIT) jump((accumulator & value) !== 0);
    else throw new Error(`operation 0x${operation.toString(16)} at ${at - 1}`);
  }
  throw new Error("the program ends without an answer");
}
