/** What the lines of a party's book come to, for one order. Pure. */

export interface Line {
  readonly at: string;
  readonly kind: 'effect' | 'request';
  readonly operation: string;
  readonly orderId: string | null;
  readonly effect?: string | undefined;
  /** Of a request: what struck it. */
  readonly fault?: string | null | undefined;
  readonly amount?: number | undefined;
  readonly trackingNumber?: string | null | undefined;
}

/** Minor units. */
export interface MoneyMoved {
  readonly held: string;
  readonly taken: string;
  readonly givenBack: string;
  /** How often money was put on hold, and how often taken: more than once would be a disaster. */
  readonly timesHeld: number;
  readonly timesTaken: number;
  readonly timesGivenBack: number;
}

export type Parcel = 'none' | 'refused' | 'shipped' | 'called-back';

export interface Call {
  readonly at: string;
  readonly party: 'gateway' | 'carrier';
  readonly operation: string;
  readonly fault: string;
}

export function moneyIn(lines: readonly Line[]): MoneyMoved {
  const of = (name: string) =>
    lines.filter(({ kind, effect }) => kind === 'effect' && effect === name);
  const sum = (name: string) => of(name).reduce((total, { amount = 0 }) => total + amount, 0);
  const taken = sum('captured');
  return {
    held: String(Math.max(0, sum('authorized') - taken - sum('canceled'))),
    taken: String(taken),
    givenBack: String(sum('refunded')),
    timesHeld: of('authorized').length,
    timesTaken: of('captured').length,
    timesGivenBack: of('refunded').length,
  };
}

export function parcelIn(lines: readonly Line[]): Parcel {
  const effects = lines.flatMap(({ effect }) => effect ?? []);
  if (effects.includes('cancelled')) return 'called-back';
  if (effects.includes('shipped')) return 'shipped';
  return effects.includes('refused') ? 'refused' : 'none';
}

/** Only those that went wrong: the others, and a no, are what the steps tell of. */
export function callsIn(party: Call['party'], lines: readonly Line[] | null): readonly Call[] {
  return (lines ?? []).flatMap(({ kind, at, operation, fault }) =>
    kind === 'request' && fault && fault !== 'decline' ? [{ at, party, operation, fault }] : [],
  );
}
