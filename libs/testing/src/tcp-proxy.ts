/** A road to a server on which a test can do what networks do: make bytes wait, lose them, or cut every connection. */
import { once } from 'node:events';
import net from 'node:net';
import type { AddressInfo } from 'node:net';

export type Direction = 'toServer' | 'toClient';

export interface TcpProxy {
  /** On loopback. */
  readonly port: number;
  /** From now on every byte and every end takes so much longer, in ms. */
  delay(ms: Partial<Readonly<Record<Direction, number>>>): void;
  /** From now on nothing passes; connections stay open, and new ones are taken. */
  stall(): void;
  /** Resets every connection, and from now on every new one. */
  cut(): void;
  /**
   * From now on whatever goes in one direction is lost, ends included, and nobody is told; new connections fare no
   * better.
   * A connection that has lost something stays deaf in that direction for good: nothing can mend it.
   */
  halfOpen(lost: Direction): void;
  /** From now on whoever hangs up is heard on the other side so much later, in ms; till then the line seems open. */
  closeSlowly(ms: number): void;
  /** Back to an ordinary road. What has waited passes, in order. */
  resume(): void;
  close(): Promise<void>;
}

/** What the road does at the moment. */
interface Weather {
  readonly delayMs: Readonly<Record<Direction, number>>;
  readonly closeMs: number;
  readonly stalled: boolean;
  readonly cut: boolean;
  readonly lost: Direction | null;
}

const fair: Weather = {
  delayMs: { toServer: 0, toClient: 0 },
  closeMs: 0,
  stalled: false,
  cut: false,
  lost: null,
};

/** Opens a road to `port` on loopback. */
export async function tcpProxy(port: number): Promise<TcpProxy> {
  let weather = fair;
  const lanes = new Set<Lane>();
  const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (near) => {
    if (weather.cut) return reset(near);
    const far = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    const both = [
      new Lane({ from: near, to: far, direction: 'toServer', weather: () => weather }),
      new Lane({ from: far, to: near, direction: 'toClient', weather: () => weather }),
    ];
    for (const lane of both) lanes.add(lane);
    const forget = (): void => {
      if (near.closed && far.closed) for (const lane of both) lanes.delete(lane);
    };
    for (const socket of [near, far]) socket.once('close', forget);
  });
  const change = (next: Partial<Weather>): void => {
    weather = { ...weather, ...next };
    for (const lane of lanes) lane.adapt();
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    delay: (ms) => change({ delayMs: { ...weather.delayMs, ...ms } }),
    stall: () => change({ stalled: true }),
    cut: () => change({ cut: true }),
    halfOpen: (lost) => change({ lost }),
    closeSlowly: (closeMs) => change({ closeMs }),
    resume: () => change(fair),
    close: async () => {
      for (const lane of lanes) lane.cut();
      server.close();
      await once(server, 'close');
    },
  };
}

/**
 * Once an end is sent there is no way to reset, and to try would leak the socket; by itself a reset waits until all is
 * sent.
 */
function reset(socket: net.Socket): void {
  if (!socket.writableEnded) socket.resetAndDestroy();
  socket.destroy();
}

/** Bytes, or how a side has hung up. */
type Parcel = Buffer | 'end' | 'reset';

interface LaneParts {
  readonly from: net.Socket;
  readonly to: net.Socket;
  readonly direction: Direction;
  readonly weather: () => Weather;
}

/** One direction of one connection. */
class Lane {
  /** In the order of their arrival, each with the moment from which it may pass. */
  private readonly waiting: { readonly parcel: Parcel; readonly dueMs: number }[] = [];
  private timer: NodeJS.Timeout | undefined;
  private deaf = false;

  constructor(private readonly parts: LaneParts) {
    const { from } = parts;
    from.on('data', (bytes) => this.take(bytes));
    from.on('end', () => this.take('end'));
    from.on('error', () => this.take('reset'));
    this.adapt();
  }

  /** Does from now on as the weather says. */
  adapt(): void {
    const { from, weather } = this.parts;
    const { cut, stalled } = weather();
    if (cut) return this.cut();
    if (stalled) from.pause();
    else from.resume();
    this.deliver();
  }

  cut(): void {
    clearTimeout(this.timer);
    this.waiting.length = 0;
    reset(this.parts.from);
  }

  private take(parcel: Parcel): void {
    const { direction, weather } = this.parts;
    const { lost, delayMs, closeMs } = weather();
    this.deaf ||= lost === direction;
    if (this.deaf) return;
    const waitMs = delayMs[direction] + (Buffer.isBuffer(parcel) ? 0 : closeMs);
    this.waiting.push({ parcel, dueMs: performance.now() + waitMs });
    this.deliver();
  }

  private deliver(): void {
    clearTimeout(this.timer);
    if (this.parts.weather().stalled) return;
    for (let first = this.waiting[0]; first !== undefined; first = this.waiting[0]) {
      const waitMs = first.dueMs - performance.now();
      if (waitMs > 0) {
        this.timer = setTimeout(() => this.deliver(), waitMs);
        return;
      }
      this.waiting.shift();
      this.hand(first.parcel);
    }
  }

  private hand(parcel: Parcel): void {
    const { to } = this.parts;
    if (to.destroyed) return;
    if (parcel === 'reset') reset(to);
    else if (parcel === 'end') to.end();
    else to.write(parcel);
  }
}
