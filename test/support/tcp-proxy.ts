/**
 * A TCP proxy between any two parties, which loses what it is told to: cuts a connection after so
 * many bytes, ends it with a reset, or swallows all that comes and stays silent. One fault at a
 * time, for the connections that are open and for those to come; and, fault or not, a latency.
 */
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

/** `up` is what the client says to the server, `down` is what it hears. */
type Direction = 'up' | 'down';

export interface Fault {
  readonly direction: Direction;
  /**
   * `cut`: both ends see the connection end; `reset`: they see it break; `black-hole`: neither
   * sees anything, for what flows in that direction is swallowed.
   */
  readonly kind: 'cut' | 'reset' | 'black-hole';
  /** So many bytes still pass in that direction, counted from the beginning of the fault; 0. */
  readonly afterBytes?: number;
  /** On each connection it begins once the client has said this, which still reaches the server. */
  readonly once?: string;
  /** How many connections it hits before it is over; all of them. */
  readonly times?: number;
}

interface Latency {
  readonly delayMs: number;
  /** At most so much more, drawn anew for every chunk. */
  readonly jitterMs?: number;
}

export interface TcpProxy {
  readonly host: string;
  readonly port: number;
  /** The same URL, by way of this proxy. */
  readonly through: (url: string) => string;
  readonly inject: (fault: Fault) => void;
  /** From now on everything takes so long, each way; order is kept. */
  readonly slow: (latency: Latency) => void;
  /** New bytes pass again, at once; what has been swallowed is gone. */
  readonly heal: () => void;
  /** How many connections the faults have hit so far. */
  readonly hits: () => number;
  readonly close: () => Promise<void>;
}

export async function startTcpProxy(target: {
  readonly host: string;
  readonly port: number;
}): Promise<TcpProxy> {
  const links = new Set<Link>();
  const plan = createPlan();
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const upstream = connect({ ...target, allowHalfOpen: true });
    const link: Link = { client, upstream, begun: undefined, passed: 0, isHit: false };
    links.add(link);
    carry(link, 'up', plan);
    carry(link, 'down', plan);
    for (const socket of [client, upstream]) {
      socket.on('close', () => links.delete(link));
      // Whoever breaks its end off ends the other; a proxy that kept it would hide the break.
      socket.on('error', () => endBoth(link, 'reset'));
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { address: host, port } = server.address() as AddressInfo;
  return {
    host,
    port,
    through(url) {
      const own = new URL(url);
      own.hostname = host;
      own.port = port.toString();
      return own.href;
    },
    inject(fault) {
      plan.begin(fault);
      for (const link of links) Object.assign(link, UNTOUCHED);
    },
    slow: plan.slow,
    heal: plan.end,
    hits: plan.hits,
    async close() {
      for (const link of links) endBoth(link, 'cut');
      server.close();
      await once(server, 'close');
    },
  };
}

interface Link {
  readonly client: Socket;
  readonly upstream: Socket;
  /** The fault that has begun on this connection. */
  begun: Fault | undefined;
  /** Bytes in the fault's direction since it began. */
  passed: number;
  isHit: boolean;
}

const UNTOUCHED = { begun: undefined, passed: 0, isHit: false };

type Plan = ReturnType<typeof createPlan>;

const AT_ONCE: Latency = { delayMs: 0 };

/** What is wrong at the moment, and how often it may still strike. */
function createPlan() {
  let current: Fault | undefined;
  let left = 0;
  let hits = 0;
  let latency: Latency = AT_ONCE;
  return {
    slow: (wanted: Latency) => void (latency = wanted),
    delayMs: () => latency.delayMs + Math.random() * (latency.jitterMs ?? 0),
    begin(fault: Fault) {
      current = fault;
      left = fault.times ?? Infinity;
    },
    end: () => {
      current = undefined;
      latency = AT_ONCE;
    },
    /** The fault as far as this connection is concerned. */
    of: (link: Link) => (left > 0 || link.isHit ? current : undefined),
    strike(link: Link) {
      if (link.isHit) return;
      link.isHit = true;
      left -= 1;
      hits += 1;
    },
    hits: () => hits,
  };
}

function carry(link: Link, direction: Direction, plan: Plan): void {
  const [from, to] =
    direction === 'up' ? [link.client, link.upstream] : [link.upstream, link.client];
  const inTurn = createTurns(plan);
  from.on('data', (chunk: Buffer) => {
    inTurn(() => {
      const fault = plan.of(link);
      const passing = fault === undefined ? chunk : sieve(link, fault, direction, chunk, plan);
      if (passing.length > 0 && !to.write(passing)) {
        from.pause();
        to.once('drain', () => from.resume());
      }
      if (link.isHit && fault !== undefined && fault.kind !== 'black-hole') {
        endBoth(link, fault.kind);
      }
    });
  });
  from.on('end', () => {
    inTurn(() => {
      const isSwallowed = link.isHit && plan.of(link)?.kind === 'black-hole';
      if (!isSwallowed) to.end();
    });
  });
}

/** What comes later never overtakes, however the jitter falls. */
function createTurns(plan: Plan) {
  const waiting: (() => void)[] = [];
  return (act: () => void): void => {
    const delayMs = plan.delayMs();
    if (delayMs === 0 && waiting.length === 0) {
      act();
      return;
    }
    waiting.push(act);
    setTimeout(() => waiting.shift()?.(), delayMs);
  };
}

/** What of a chunk passes. */
function sieve(link: Link, fault: Fault, direction: Direction, chunk: Buffer, plan: Plan): Buffer {
  if (link.begun !== fault) {
    const isSaid = fault.once === undefined || (direction === 'up' && chunk.includes(fault.once));
    if (!isSaid) return chunk;
    Object.assign(link, { ...UNTOUCHED, begun: fault });
    // What begins the fault reaches the server.
    if (fault.once !== undefined) return chunk;
  }
  if (direction !== fault.direction) return chunk;
  const room = Math.max(0, (fault.afterBytes ?? 0) - link.passed);
  link.passed += chunk.length;
  if (chunk.length > room) plan.strike(link);
  return chunk.subarray(0, room);
}

function endBoth({ client, upstream }: Link, kind: 'cut' | 'reset'): void {
  for (const socket of [client, upstream]) {
    if (kind === 'reset') socket.resetAndDestroy();
    else socket.destroySoon();
  }
}
