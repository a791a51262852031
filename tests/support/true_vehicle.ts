/**
 * A simulated vehicle that tells its true state by MAVLink over TCP, as a Plane of ArduPilot's SITL does: to
 * whoever has asked for it, at no more than 40 Hz.
 *
 * @module
 */
import {
  decodeMessage,
  MAV_AUTOPILOT,
  MAV_CMD,
  MAV_RESULT,
  MavlinkEncoder,
  MavlinkSplitter,
  MESSAGES,
  type OutgoingMessage,
} from "../../src/link/mavlink/mod.ts";

type SimState = Extract<OutgoingMessage, { name: "SIM_STATE" }>;

/** At rest, level, its nose to the north. */
export const AT_REST: SimState = {
  name: "SIM_STATE",
  ...{ q1: 1, q2: 0, q3: 0, q4: 0, roll: 0, pitch: 0, yaw: 0 },
  ...{ xacc: 0, yacc: 0, zacc: -9.81, xgyro: 0, ygyro: 0, zgyro: 0 },
  ...{ lat: 0, lon: 0, alt: 0, stdDevHorz: 0, stdDevVert: 0, vn: 0, ve: 0, vd: 0 },
  latInt: 0,
  lonInt: 0,
};

/** Of a loop of 50 Hz. */
const RATE_HZ_MAX = 40;

export class TrueVehicle implements AsyncDisposable {
  readonly port: number;
  /** What it tells from now on. */
  state: SimState;
  /** The rate that it granted, Hz. */
  grantedHz = 0;
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #encoder = new MavlinkEncoder({ systemId: 1, componentId: 1 });
  readonly #serving: Promise<void>;
  #connection: Deno.TcpConn | null = null;

  constructor(state: SimState) {
    this.state = state;
    this.port = this.#listener.addr.port;
    this.#serving = this.#serve();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    this.#connection?.close();
    this.#connection = null;
    await this.#serving;
  }

  async #serve(): Promise<void> {
    try {
      for (;;) {
        const connection = this.#connection = await this.#listener.accept();
        const timer = setInterval(() => void this.#tell(connection), 20);
        try {
          await this.#listen(connection);
        } finally {
          clearInterval(timer);
        }
      }
    } catch {
      // Closed here or there.
    }
  }

  async #tell(connection: Deno.TcpConn): Promise<void> {
    const messages: OutgoingMessage[] = [{
      name: "HEARTBEAT",
      customMode: 0,
      type: 2,
      autopilot: MAV_AUTOPILOT.ARDUPILOTMEGA,
      baseMode: 0,
      systemStatus: 4,
      mavlinkVersion: 3,
    }];
    if (this.grantedHz > 0) messages.push(this.state);
    for (const message of messages) {
      await connection.write(this.#encoder.encode(message)).catch(() => {});
    }
  }

  async #listen(connection: Deno.TcpConn): Promise<void> {
    const splitter = new MavlinkSplitter(), buffer = new Uint8Array(4096);
    for (;;) {
      const length = await connection.read(buffer);
      if (length === null) return;
      for (const packet of splitter.push(buffer.slice(0, length))) {
        const message = decodeMessage(packet);
        if (
          message?.name === "COMMAND_LONG" && message.command === MAV_CMD.SET_MESSAGE_INTERVAL &&
          message.targetSystem === 1 && message.param1 === MESSAGES.SIM_STATE.id
        ) await this.#grant(connection, 1e6 / message.param2);
      }
    }
  }

  async #grant(connection: Deno.TcpConn, rateHz: number): Promise<void> {
    const isGranted = rateHz <= RATE_HZ_MAX;
    if (isGranted) this.grantedHz = rateHz;
    await connection.write(this.#encoder.encode({
      name: "COMMAND_ACK",
      command: MAV_CMD.SET_MESSAGE_INTERVAL,
      result: isGranted ? MAV_RESULT.ACCEPTED : MAV_RESULT.DENIED,
      ...{ progress: 0, resultParam2: 0, targetSystem: 0, targetComponent: 0 },
    })).catch(() => {});
  }
}
