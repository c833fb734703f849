/**
 * Every fault of every party, at every step that meets it: once, and for as long as it is not
 * mended. What an order may come to under each of them.
 */
import { REPERTOIRE as CARRIER } from '../../src/counterparties/carrier/carrier.ts';
import { REPERTOIRE as GATEWAY } from '../../src/counterparties/gateway/repertoire.ts';
import { REPERTOIRE as MAIL } from '../../src/counterparties/mail/sink.ts';
import type { Fault } from '../../src/counterparties/faults.ts';
import type { PartyFault } from './stage.ts';

type Party = 'gateway' | 'carrier' | 'mail';

/** How an order goes when nothing is wrong but its way: which operations it meets. */
type Way = 'completed' | 'cancelled' | 'made good' | 'refunded later';

export interface Case {
  readonly name: string;
  readonly way: Way;
  readonly party: Party;
  readonly operation: string;
  readonly fault: Fault;
  /** Until it is mended; otherwise once. */
  readonly lasts: boolean;
  /** Makes sure that the operation is asked for at all. */
  readonly leads?: Readonly<Record<string, PartyFault>>;
}

const lost = { fault: 'fail-after-effect', times: 1 };

interface Place {
  readonly way: Way;
  readonly party: Party;
  readonly operation: string;
  readonly leads?: Readonly<Record<string, PartyFault>>;
}

const PLACES: readonly Place[] = [
  { way: 'completed', party: 'gateway', operation: 'create' },
  { way: 'completed', party: 'gateway', operation: 'confirm' },
  { way: 'completed', party: 'gateway', operation: 'retrieve', leads: { confirm: lost } },
  { way: 'completed', party: 'gateway', operation: 'capture' },
  { way: 'completed', party: 'gateway', operation: 'retrieve', leads: { capture: lost } },
  { way: 'cancelled', party: 'gateway', operation: 'retrieve' },
  { way: 'cancelled', party: 'gateway', operation: 'cancel' },
  { way: 'completed', party: 'carrier', operation: 'request' },
  { way: 'completed', party: 'mail', operation: 'send' },
  { way: 'made good', party: 'carrier', operation: 'cancel' },
  { way: 'made good', party: 'gateway', operation: 'refund' },
  { way: 'made good', party: 'gateway', operation: 'find-refund', leads: { refund: lost } },
  { way: 'refunded later', party: 'gateway', operation: 'refund' },
  { way: 'refunded later', party: 'gateway', operation: 'find-refund', leads: { refund: lost } },
];

const FAULTS: Readonly<Record<Party, Readonly<Record<string, readonly Fault[]>>>> = {
  gateway: GATEWAY.faults,
  carrier: CARRIER.faults,
  mail: MAIL.faults,
};

export const CASES: readonly Case[] = PLACES.flatMap((place) =>
  (FAULTS[place.party][place.operation] ?? [])
    .filter((fault) => !isForAnOperator(place, fault))
    .flatMap((fault) =>
      (isFirst(place) ? [false, true] : [false]).map((lasts) => ({
        ...place,
        fault,
        lasts,
        name: nameOf(place, fault, lasts),
      })),
    ),
);

/** What lasts is waited for in one place only: the operation is the same in all. */
function isFirst(place: Place): boolean {
  return PLACES.find(({ operation }) => operation === place.operation) === place;
}

/** A refund that the bank gives up after all: test/checkout/parking.test.ts and refunds.test.ts. */
function isForAnOperator({ operation }: Place, fault: Fault): boolean {
  return operation === 'refund' && fault === 'decline';
}

function nameOf({ way, party, operation, leads = {} }: Place, fault: Fault, lasts: boolean) {
  const [led] = Object.keys(leads);
  const after = led === undefined ? '' : `, asked because of a lost ${led},`;
  return `${way}: ${party} ${operation}${after} meets ${fault} ${lasts ? 'until it is mended' : 'once'}`;
}

/** What an order may end as, each with its reason. */
export function endsOf(one: Case): readonly string[] {
  if (one.way !== 'completed') return [ENDS[one.way]];
  if (one.party === 'gateway') return endsAtGateway(one);
  const isRefused = one.party === 'carrier' && one.fault === 'decline';
  return [isRefused ? ENDS['made good'] : ENDS.completed];
}

const ENDS: Readonly<Record<Way, string>> = {
  completed: 'completed: null',
  cancelled: 'cancelled: cancelled',
  'made good': 'refunded: address-refused',
  'refunded later': 'refunded: null',
};

function endsAtGateway({ operation, fault, lasts, leads = {} }: Case): readonly string[] {
  if (fault === 'lapse' || fault === 'decline') return ['rejected: payment-declined'];
  const mayFail = ['create', 'confirm'].includes(operation) || 'confirm' in leads;
  // What a key remembers outlasts an order's patience.
  const isUnavailable = mayFail && (lasts || fault.startsWith('error'));
  return [ENDS.completed, ...(isUnavailable ? ['rejected: temporarily-unavailable'] : [])];
}
