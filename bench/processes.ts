/** CPU time and memory of what `npm start` or a benchmark runs, by part, read from /proc (Linux). */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Seconds of CPU (user and system) that each part has used since it started. */
export type CpuSeconds = Readonly<Record<string, number>>;

/** The kernel counts in ticks of 10 ms on every Linux that Node supports. */
const TICKS_PER_SECOND = 100;

/** `root` is where the launcher runs; every part is a descendant of it. */
export function cpuOfStack(root: string): CpuSeconds {
  return cpuOf(({ command, directory }) => command.includes('start.mjs') && directory === root);
}

/** Of the parts that this process has started, and those that they have. */
export function cpuUnder(pid: number): CpuSeconds {
  return cpuOf((process) => process.pid === pid);
}

/** A process that stands for itself and all that it has started; several may have one name. */
export interface Part {
  readonly name: string;
  readonly pid: number;
}

/** Of named processes and all that they have started. */
export function cpuOfParts(parts: readonly Part[]): CpuSeconds {
  const processes = new Map(readProcesses().map((process) => [process.pid, process]));
  const names = new Map(parts.map(({ name, pid }) => [pid, name]));
  const seconds: Record<string, number> = {};
  for (const process of processes.values()) {
    let at: Process | undefined = process;
    while (at !== undefined && !names.has(at.pid)) at = processes.get(at.parent);
    const name = names.get(at?.pid ?? 0);
    if (name !== undefined) seconds[name] = (seconds[name] ?? 0) + process.ticks / TICKS_PER_SECOND;
  }
  return seconds;
}

/** Resident memory of one process; of PostgreSQL all of its processes, what they share counted once. */
export interface Memory {
  readonly name: string;
  readonly mib: number;
}

/** Of the parts that this process has started: several of one kind are numbered as they were started. */
export function memoryUnder(pid: number): readonly Memory[] {
  const processes = new Map(readProcesses().map((process) => [process.pid, process]));
  const ours = [...processes.values()]
    // A tether names on its command line what it holds.
    .filter(({ command }) => !command.includes('tether'))
    .map((process) => ({ ...process, part: partOf(process, processes, (at) => at.pid === pid) }))
    // A backend of PostgreSQL goes by another name than the server.
    .filter(({ part, command }) => part === 'PostgreSQL' || signOf(command) === part);
  const counted: Record<string, number> = {};
  const single = ours
    .filter(({ part }) => part !== undefined && part !== 'PostgreSQL')
    .map(({ part = '', pid: at }) => {
      const n = (counted[part] = (counted[part] ?? 0) + 1);
      return { name: `${part} ${n}`, mib: mib(at).resident };
    });
  const backends = ours.filter(({ part }) => part === 'PostgreSQL').map(({ pid: at }) => mib(at));
  const own = backends.reduce((sum, { resident, shared }) => sum + resident - shared, 0);
  const shared = Math.max(0, ...backends.map((each) => each.shared));
  return backends.length === 0 ? single : [...single, { name: 'PostgreSQL', mib: own + shared }];
}

const PAGES_PER_MIB = 256;

function mib(pid: number): { readonly resident: number; readonly shared: number } {
  try {
    const [, resident, shared] = readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ').map(Number);
    return { resident: (resident ?? 0) / PAGES_PER_MIB, shared: (shared ?? 0) / PAGES_PER_MIB };
  } catch {
    return { resident: 0, shared: 0 };
  }
}

function cpuOf(isTop: (process: Process) => boolean): CpuSeconds {
  const processes = new Map(readProcesses().map((process) => [process.pid, process]));
  const seconds: Record<string, number> = {};
  for (const process of processes.values()) {
    const part = partOf(process, processes, isTop);
    if (part !== undefined) seconds[part] = (seconds[part] ?? 0) + process.ticks / TICKS_PER_SECOND;
  }
  return seconds;
}

export function difference(after: CpuSeconds, before: CpuSeconds): CpuSeconds {
  return Object.fromEntries(
    Object.entries(after).map(([part, seconds]) => [part, seconds - (before[part] ?? 0)]),
  );
}

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly ticks: number;
  readonly command: string;
  readonly directory: string;
}

function readProcesses(): Process[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
        // The command may hold spaces, so fields are counted from its closing parenthesis.
        const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        return {
          pid: Number(name),
          parent: Number(fields[1]),
          // Its own time, user and system, and that of its children that have ended.
          ticks: fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0),
          command: readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' '),
          directory: readlinkSync(`/proc/${name}/cwd`),
        };
      } catch {
        return []; // It ended while we looked.
      }
    });
}

/** A process belongs to the nearest part among its ancestors, if the top one is among them. */
function partOf(
  process: Process,
  all: ReadonlyMap<number, Process>,
  isTop: (process: Process) => boolean,
): string | undefined {
  let part: string | undefined;
  for (let at: Process | undefined = process; at !== undefined; at = all.get(at.parent)) {
    const { command } = at;
    part ??= signOf(command);
    if (isTop(at)) return part;
  }
  return undefined;
}

function signOf(command: string): string | undefined {
  return PARTS.find(([sign]) => command.includes(sign))?.[1];
}

const PARTS = [
  ['src/api.ts', 'API'],
  ['src/worker.ts', 'worker'],
  ['counterparties/main.ts', 'stand-ins'],
  ['start-dev', 'Temporal'],
  ['bin/postgres', 'PostgreSQL'],
  ['start.mjs', 'launcher'],
] as const;
