/** What is sampled once a second or so while a run goes on: memory by process, and the backlog. */
import { setTimeout as sleep } from 'node:timers/promises';
import { memoryUnder } from '../processes.ts';
import type { Memory } from '../processes.ts';
import { backlog } from './books.ts';
import type { Backlog } from './books.ts';

export interface Sample {
  readonly at: number;
  readonly memory: readonly Memory[];
  readonly backlog: Backlog;
}

export interface Watch {
  readonly samples: readonly Sample[];
  stop(): Promise<void>;
}

export function watch(adminUrl: string, everyMs: number): Watch {
  const samples: Sample[] = [];
  const stopping = new AbortController();
  const loop = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const seen = await backlog(adminUrl).catch(() => undefined);
      if (seen !== undefined) {
        samples.push({ at: Date.now(), memory: memoryUnder(process.pid), backlog: seen });
      }
      await sleep(everyMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  };
  const looping = loop();
  return {
    samples,
    async stop() {
      stopping.abort();
      await looping;
    },
  };
}

type Series = readonly { readonly at: number; readonly mib: number }[];

/** Of what is ours to keep flat: the stand-ins keep their books in memory, and Temporal is not ours. */
export function ourMemory(samples: readonly Sample[]): Readonly<Record<string, Series>> {
  const all = Object.entries(memoryByProcess(samples));
  return Object.fromEntries(all.filter(([name]) => /^(API|worker|PostgreSQL)/.test(name)));
}

/** Of each process its memory in MiB over the samples, by name. */
export function memoryByProcess(samples: readonly Sample[]): Readonly<Record<string, Series>> {
  const series: Record<string, { at: number; mib: number }[]> = {};
  for (const { at, memory } of samples) {
    for (const { name, mib } of memory) (series[name] ??= []).push({ at, mib });
  }
  return series;
}
