/**
 * Ports on the loopback interface. A port set in the environment is taken or refused; any other is
 * the next free one, and is remembered with the state so that URLs stay the same across starts.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { Complaint } from './complaint.ts';

export interface Ports {
  take(port: PortWish): Promise<number>;
}

interface PortWish {
  /** The environment variable that sets it, which is also the name it is remembered by. */
  readonly variable: string;
  /** Where the search for a free one begins. */
  readonly preferred: number;
}

export function createPorts({
  file,
  environment,
  patienceMs = 0,
}: {
  readonly file: string;
  readonly environment: NodeJS.ProcessEnv;
  /** How long a remembered port may take to be let go by what an earlier start left behind. */
  readonly patienceMs?: number;
}): Ports {
  const patienceEnds = Date.now() + patienceMs;
  const remembered = readRemembered(file);
  const taken = new Set<number>();
  const claim = async (port: number): Promise<boolean> => {
    if (taken.has(port)) return false;
    // Before it is probed, because others search at the same time.
    taken.add(port);
    return await isFree(port);
  };
  const nextFree = async (from: number): Promise<number> => {
    let port = from;
    while (!(await claim(port))) port += 1;
    return port;
  };
  const letGo = async (port: number): Promise<void> => {
    while (Date.now() < patienceEnds && !(await isFree(port))) await sleep(100);
  };
  return {
    async take({ variable, preferred }) {
      const set = parsePort(variable, environment[variable]);
      const last = set ?? remembered.get(variable);
      if (last !== undefined) await letGo(last);
      const port = await nextFree(last ?? preferred);
      if (set !== undefined && set !== port) {
        throw new Complaint(`${variable}=${set} is in use: stop what listens there, or unset it`);
      }
      remembered.set(variable, port);
      writeFileSync(file, JSON.stringify(Object.fromEntries(remembered), undefined, 2));
      return port;
    },
  };
}

/** A port nobody has at this moment, for servers whose address need not be remembered. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      const port = address !== null && typeof address === 'object' ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer().once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

/** Whether somebody takes connections at `host:port`. */
export function listens(address: string): Promise<boolean> {
  const [, host = '', port = ''] = /^\[?(.*?)\]?:(\d+)$/.exec(address) ?? [];
  return new Promise((resolve) => {
    const probe = connect({ host, port: Number(port), timeout: 5_000 });
    const answer = (yes: boolean): void => {
      probe.destroy();
      resolve(yes);
    };
    probe.once('connect', () => answer(true));
    probe.once('error', () => answer(false));
    probe.once('timeout', () => answer(false));
  });
}

function parsePort(variable: string, text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  const port = z.coerce.number().int().min(1).max(65_535).safeParse(text);
  if (!port.success) throw new Complaint(`${variable}=${text} is not a port from 1 to 65535`);
  return port.data;
}

function readRemembered(file: string): Map<string, number> {
  try {
    const ports = z.record(z.string(), z.int()).parse(JSON.parse(readFileSync(file, 'utf8')));
    return new Map(Object.entries(ports));
  } catch {
    // Nothing to remember: a first start, or a file that somebody emptied.
    return new Map();
  }
}
