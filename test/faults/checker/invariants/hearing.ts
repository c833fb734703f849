/** What the gateway tells: all of it is written down, nothing else is, and something comes of each. */
import { grouped, type Facts } from '../facts.ts';
import type { StrangeEvent, Telling } from '../told.ts';
import type { Finding } from '../verdict.ts';

// Written down; or not now, which is said by whoever is overloaded, or finds a request half read.
const GOOD_ANSWERS = [200, 408, 503];

// Signed well, of an order that does not exist.
const OF_NOBODY = 'of-nobody';

/** E1 */
export function* whatWasTakenIsKept({ evidence }: Facts): Iterable<Finding> {
  const rows = grouped(evidence.database.gateway_event, ({ id }) => id);
  for (const [event, tries] of grouped(signedTries(evidence), (one) => one.event)) {
    const orderId = tries[0]?.orderId ?? undefined;
    const times = rows.get(event)?.length ?? 0;
    if (times !== 1 && tries.some(({ status }) => isGranted(status))) {
      yield { orderId, detail: `${event} was taken, and is kept ${times} times` };
    }
    for (const { status } of tries) {
      if (isGood(status)) continue;
      yield { orderId, detail: `${event} was answered ${status}` };
    }
  }
}

/** The gateway's, and those that it has signed for others. */
function signedTries(
  evidence: Facts['evidence'],
): readonly Pick<Telling, 'event' | 'status' | 'orderId'>[] {
  const ofNobody = strange(evidence, (fault) => fault === OF_NOBODY).flatMap(({ event, answers }) =>
    answers.map((status) => ({ event, status, orderId: null })),
  );
  return [...evidence.tellings, ...ofNobody];
}

function isGood(status: number | null): boolean {
  return status === null || GOOD_ANSWERS.includes(status);
}

/** E2 */
export function* onlyWhatIsSignedIsTaken({ evidence }: Facts): Iterable<Finding> {
  const told = new Set([
    ...evidence.tellings.map(({ event }) => event),
    ...strange(evidence, (fault) => fault === OF_NOBODY).map(({ event }) => event),
  ]);
  for (const { id } of evidence.database.gateway_event) {
    if (!told.has(id)) yield { detail: `${id} is kept, and the gateway never told of it` };
  }
  for (const { event, fault, answers } of strange(evidence, (one) => one !== OF_NOBODY)) {
    if (answers.some(isGranted)) yield { detail: `${event} was taken, and is ${fault}` };
  }
}

/** E3 */
export function* allThatWasHeardIsHandled({ evidence }: Facts): Iterable<Finding> {
  for (const { id, handled_at: at } of evidence.database.gateway_event) {
    if (at === null) yield { detail: `nothing has come of ${id}` };
  }
}

function strange(
  { run }: Facts['evidence'],
  which: (fault: string) => boolean,
): readonly StrangeEvent[] {
  return (run.strange ?? []).filter(({ fault }) => which(fault));
}

function isGranted(status: number | null): boolean {
  return status !== null && status >= 200 && status < 300;
}
