/**
 * What the nemesis does, drawn from the seed before anything runs: one act every one to three
 * seconds, each with a heal, dealt from a deck so that a short run meets every sort as well.
 */
import type { Random } from './random.ts';

interface Timed<Fault extends string, Target extends string> {
  readonly atMs: number;
  readonly forMs: number;
  readonly fault: Fault;
  readonly target: Target;
}

export const APIS = ['api-1', 'api-2'] as const;
export const WORKERS = ['worker-1', 'worker-2'] as const;
export const PARTIES = ['gateway', 'carrier', 'mail'] as const;
export type PartyName = (typeof PARTIES)[number];
export type PartName =
  (typeof APIS)[number] | (typeof WORKERS)[number] | PartyName | 'postgres' | 'temporal';

/** By which the gateway tells of its events. */
export const TELLING_LINKS = APIS.map((api) => `gateway>${api}` as const);

export const ASKING_LINKS = [
  ...APIS.flatMap((api) => [`clients>${api}`, `${api}>postgres`, `${api}>temporal`] as const),
  ...WORKERS.flatMap(
    (worker) =>
      [
        `${worker}>postgres`,
        `${worker}>temporal`,
        `${worker}>gateway`,
        `${worker}>carrier`,
        `${worker}>mail`,
      ] as const,
  ),
] as const;

/** Who speaks to whom, by way of a proxy of its own. */
export const LINKS = [...TELLING_LINKS, ...ASKING_LINKS] as const;
export type LinkName = (typeof LINKS)[number];

/** Not signed by the gateway, too long ago, in the future; or signed well, of nobody's order. */
const STRANGE = ['forged', 'outdated', 'ahead', 'of-nobody', 'of-nobody'] as const;
const DEEDS = ['terminate', 'reset', 'cancel', 'start-again'] as const;
type Deed = (typeof DEEDS)[number];

export type ProcessAct = Timed<'kill' | 'freeze' | 'restart', PartName>;
export type OutageAct = Timed<'all-down', 'apis' | 'workers'>;
export type LinkAct = Timed<'cut' | 'reset' | 'black-hole', LinkName> & {
  readonly direction: 'up' | 'down';
  readonly afterBytes: number;
  /** How many connections; all of them when absent. */
  readonly times?: number;
};
export type SlowAct = Timed<'latency', LinkName> & {
  readonly delayMs: number;
  readonly jitterMs: number;
};
export type PartyAct = Timed<string, PartyName> & {
  readonly operation: string;
  readonly times: number;
};
export type DatabaseAct = Timed<'lock' | 'exhaust' | 'immediate-stop', 'postgres'> & {
  readonly table?: string;
};
/** Events that the gateway has not sent, told to an API by way of the gateway's link. */
export type StrangerAct = Timed<(typeof STRANGE)[number], (typeof APIS)[number]>;
/** `pick` of all runs that are open at that moment, as a share of them. */
export type OperatorAct = Timed<Deed, 'run'> & { readonly pick: number };

export type Act =
  | ({ readonly sort: 'process' } & ProcessAct)
  | ({ readonly sort: 'outage' } & OutageAct)
  | ({ readonly sort: 'link' } & LinkAct)
  | ({ readonly sort: 'slow' } & SlowAct)
  | ({ readonly sort: 'party' } & PartyAct)
  | ({ readonly sort: 'database' } & DatabaseAct)
  | ({ readonly sort: 'stranger' } & StrangerAct)
  | ({ readonly sort: 'operator' } & OperatorAct);

type Drawn<A> = A extends unknown ? Omit<A, 'atMs'> : never;

// Of each sort so many in one deck.
const DECK = [
  ...deal(4, killProcess),
  ...deal(3, freezeProcess),
  ...deal(2, restartProcess),
  ...deal(1, allDown),
  ...deal(1, () => ({ ...crash('temporal'), forMs: 3_000 })),
  ...deal(1, () => crash('postgres')),
  ...deal(1, immediateStop),
  ...deal(7, breakLink),
  ...deal(3, loseAnswersOnLink),
  ...deal(2, slowLink),
  ...deal(6, loseAnswersOfParty),
  ...deal(6, failParty),
  ...deal(1, lockTable),
  ...deal(1, exhaust),
  ...deal(4, operate),
  ...deal(3, tellStrangely),
];

/** Time for the first orders to be under way. */
const FIRST_MS = 1_000;

// A run that is shorter is to end by itself.
const LONG_SECONDS = 120;

export function drawActs(seconds: number, random: Random): readonly Act[] {
  const acts: Act[] = [];
  const whole = seconds < LONG_SECONDS ? DECK : [...DECK, poisonKey];
  const deck: ((random: Random) => Drawn<Act>)[] = [];
  let atMs = FIRST_MS;
  while (atMs < seconds * 1_000) {
    if (deck.length === 0) deck.push(...random.shuffled(whole));
    const draw = deck.pop();
    if (draw !== undefined) acts.push({ atMs, ...draw(random) });
    atMs += random.int(1_000, 3_000);
  }
  return acts;
}

function deal<Draw>(count: number, draw: Draw): Draw[] {
  return Array.from({ length: count }, () => draw);
}

function crash(target: PartName): Drawn<Act> {
  return { sort: 'process', fault: 'kill', target, forMs: 0 };
}

function killProcess(random: Random): Drawn<Act> {
  const target = random.pick([...APIS, ...WORKERS, ...WORKERS, ...PARTIES]);
  return { ...crash(target), forMs: random.int(0, 3_000) };
}

/** Longer than an attempt may take: who goes on afterwards is a zombie. */
function freezeProcess(random: Random): Drawn<Act> {
  const target = random.pick([...APIS, ...WORKERS, ...WORKERS, 'temporal', 'gateway'] as const);
  return { sort: 'process', fault: 'freeze', target, forMs: random.int(2_500, 7_000) };
}

function restartProcess(random: Random): Drawn<Act> {
  const target = random.pick([...APIS, ...WORKERS, ...PARTIES]);
  return { sort: 'process', fault: 'restart', target, forMs: 0 };
}

function allDown(random: Random): Drawn<Act> {
  const target = random.pick(['apis', 'workers', 'workers'] as const);
  return { sort: 'outage', fault: 'all-down', target, forMs: random.int(3_000, 10_000) };
}

function immediateStop(random: Random): Drawn<Act> {
  const forMs = random.int(0, 2_000);
  return { sort: 'database', fault: 'immediate-stop', target: 'postgres', forMs };
}

function breakLink(random: Random): Drawn<Act> {
  return {
    sort: 'link',
    fault: random.pick(['cut', 'reset', 'black-hole']),
    target: random.pick(LINKS),
    direction: random.pick(['up', 'down']),
    afterBytes: random.pick([0, 0, random.int(1, 200), random.int(200, 4_000)]),
    forMs: random.int(1_000, 6_000),
  };
}

/** What was asked for happens, and nobody hears of it. */
function loseAnswersOnLink(random: Random): Drawn<Act> {
  return {
    sort: 'link',
    fault: random.pick(['cut', 'reset']),
    target: random.pick(LINKS),
    direction: 'down',
    afterBytes: 0,
    times: random.int(2, 8),
    forMs: random.int(3_000, 6_000),
  };
}

/** From a bad line to one on which an attempt has no time left. */
function slowLink(random: Random): Drawn<Act> {
  return {
    sort: 'slow',
    fault: 'latency',
    target: random.pick(LINKS),
    delayMs: random.int(20, 800),
    jitterMs: random.int(0, 300),
    forMs: random.int(2_000, 6_000),
  };
}

const OPERATIONS: Readonly<Record<PartyName, readonly string[]>> = {
  gateway: ['create', 'confirm', 'capture', 'cancel', 'refund', 'retrieve'],
  carrier: ['request', 'cancel'],
  mail: ['send'],
};

function loseAnswersOfParty(random: Random): Drawn<Act> {
  const target = random.pick(['gateway', 'gateway', 'carrier', 'mail'] as const);
  return partyAct(random, target, 'fail-after-effect');
}

const FAILURES: Readonly<Record<PartyName, readonly string[]>> = {
  gateway: ['fail-before', 'hang', 'unavailable', 'rate-limit', 'malformed', 'truncated', 'reject'],
  carrier: ['fail-before', 'hang', 'unavailable', 'rate-limit', 'malformed', 'truncated', 'reject'],
  mail: ['fail-before', 'hang', 'unavailable', 'rate-limit', 'late-effect'],
};

function failParty(random: Random): Drawn<Act> {
  const target = random.pick(['gateway', 'gateway', 'carrier', 'mail'] as const);
  return partyAct(random, target, random.pick(FAILURES[target]));
}

function partyAct(random: Random, target: PartyName, fault: string): Drawn<Act> {
  const operation = random.pick(OPERATIONS[target]);
  const forMs = random.int(4_000, 10_000);
  return { sort: 'party', fault, target, operation, times: random.int(2, 8), forMs };
}

/** The gateway remembers a 500 for a key that the order has no way round: an operator is called. */
function poisonKey(random: Random): Drawn<Act> {
  const operation = random.pick(['capture', 'cancel', 'refund']);
  return { sort: 'party', fault: 'error', target: 'gateway', operation, times: 1, forMs: 10_000 };
}

function lockTable(random: Random): Drawn<Act> {
  const table = random.pick(['stock', 'stock', 'order', 'payment']);
  const forMs = random.int(2_000, 5_000);
  return { sort: 'database', fault: 'lock', target: 'postgres', table, forMs };
}

function exhaust(random: Random): Drawn<Act> {
  const forMs = random.int(2_000, 5_000);
  return { sort: 'database', fault: 'exhaust', target: 'postgres', forMs };
}

function tellStrangely(random: Random): Drawn<Act> {
  const fault = random.pick(STRANGE);
  return { sort: 'stranger', fault, target: random.pick(APIS), forMs: 0 };
}

function operate(random: Random): Drawn<Act> {
  const pick = random.fraction();
  return { sort: 'operator', fault: random.pick(DEEDS), target: 'run', pick, forMs: 0 };
}
