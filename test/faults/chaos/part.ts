/**
 * One process of the run and whoever looks after it: started again when it dies, as any supervisor
 * would, and killed, frozen and stopped when the nemesis wants it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Running } from '../../../src/launcher/processes.ts';

export interface Part {
  /** Resolves when it is up; tries until then. */
  readonly up: () => Promise<void>;
  /** Ends it and leaves it down. SIGTERM lets it drain; `end` ends it in a way of its own. */
  readonly down: (how: 'SIGKILL' | 'SIGTERM' | End) => Promise<void>;
  /** To its whole group. */
  readonly signal: (signal: 'SIGSTOP' | 'SIGCONT') => void;
  /** How often it ended although nobody here had asked it to. */
  readonly ownDeaths: () => number;
}

type End = () => void;

// What a supervisor leaves between a death and the next start.
const PAUSE_MS = 500;

export function createPart(
  name: string,
  start: () => Promise<Running>,
  say: (line: string) => void,
): Part {
  let wanted = false;
  let current: Running | undefined;
  let starting: Promise<void> | undefined;
  const isWanted = (): boolean => wanted;
  let ownDeaths = 0;

  const begin = async (): Promise<void> => {
    while (wanted) {
      try {
        const started = await start();
        current = started;
        void started.ended.then((how) => onEnd(started, how));
        return;
      } catch (error) {
        say(`${name} did not start: ${firstLine(error)}`);
        await sleep(PAUSE_MS);
      }
    }
  };
  const up = async (): Promise<void> => {
    wanted = true;
    if (current !== undefined) return;
    starting ??= begin().finally(() => (starting = undefined));
    await starting;
  };
  const onEnd = async (ended: Running, how: string): Promise<void> => {
    if (current !== ended) return;
    current = undefined;
    if (!wanted) return;
    ownDeaths += 1;
    say(`${name} ended by itself (${how})`);
    await sleep(PAUSE_MS);
    if (isWanted()) await up();
  };

  return {
    up,
    async down(how) {
      wanted = false;
      await starting;
      const running = current;
      current = undefined;
      if (running === undefined) return;
      if (how === 'SIGTERM') await running.stop();
      else if (how === 'SIGKILL') signalGroup(running.pid, how);
      else how();
      await running.ended;
    },
    signal(signal) {
      if (current !== undefined) signalGroup(current.pid, signal);
    },
    ownDeaths: () => ownDeaths,
  };
}

function signalGroup(leader: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-leader, signal);
  } catch {
    // It has ended in the meantime.
  }
}

function firstLine(error: unknown): string {
  return String(error).split('\n', 1)[0] ?? '';
}
