/** The merchant of one order that is captured at shipment: a client that looks, ships, and looks again. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Courier, Parcel } from './courier.ts';
import type { Random } from './random.ts';
import { ENDS } from './stories.ts';
import type { Story } from './stories.ts';

interface World {
  readonly courier: Courier;
  readonly over: AbortSignal;
  /** Nothing breaks any more, or the run is over. */
  readonly healed: Promise<void>;
}

interface Seen {
  readonly status: string;
  readonly lines: readonly Line[];
  readonly shipments?: readonly { readonly status: string; readonly lines: readonly Line[] }[];
}

interface Line {
  readonly quantity: number;
}

/** Until the order has ended; one that is shown as refused is asked for again, as another. */
export async function keepShop(story: Story, id: string, random: Random, world: World) {
  const { ships } = story;
  if (ships === undefined) return;
  await rest(story, world);
  let callsOff = ships.isCalledOff;
  for (let look = 0; !world.over.aborted; look += 1) {
    const order = await see(story, id, look, random, world);
    if (order === undefined || ENDS.includes(order.status)) return;
    await sleep(random.int(200, 1_500));
    if (!isWaiting(order)) continue;
    await sleep(ships.afterMs, undefined, { signal: world.over }).catch(() => undefined);
    const wish = callsOff ? callingOff(story, id) : shipping(story, id, order, look);
    await world.courier.send(wish, random.fork(wish.name));
    callsOff = false;
  }
}

/** Whoever knows that it takes long does not ask all the while. */
export async function rest({ ships }: Story, { healed }: Pick<World, 'healed'>): Promise<void> {
  if (ships?.isLast === true) await healed;
}

async function see(
  { n, tenant }: Story,
  id: string,
  look: number,
  random: Random,
  { courier }: World,
): Promise<Seen | undefined> {
  const name = `${n}-merchant-${look}`;
  const path = `/v1/orders/${id}`;
  const parcel = { client: n, tenant, method: 'GET', path, name, timeoutMs: 3_000 } as const;
  const answer = await courier.send(parcel, random);
  return answer?.status === 200 ? (JSON.parse(answer.text) as Seen) : undefined;
}

function isWaiting({ status, lines, shipments = [] }: Seen): boolean {
  const asked = shipments.flatMap((shipment) =>
    shipment.status === 'refused' ? [] : shipment.lines,
  );
  return ['authorized', 'paid'].includes(status) && units(asked) < units(lines);
}

function units(lines: readonly Line[]): number {
  return lines.reduce((sum, { quantity }) => sum + quantity, 0);
}

/** Its number decides key and body, so that who asks twice asks for the same. */
function shipping(story: Story, id: string, { shipments = [] }: Seen, look: number): Parcel {
  const number = shipments.length;
  const body = story.ships?.parts[number] ?? {};
  return {
    ...asking(story, `/v1/orders/${id}/shipments`, `ship-${number}`),
    name: `${story.n}-ship-${look}`,
    body,
  };
}

function callingOff(story: Story, id: string): Parcel {
  return asking(story, `/v1/orders/${id}/cancel`, 'call-off');
}

// As long as a customer on a bad line waits: most often there is an answer, now and then there is none.
const TIMEOUT_MS = 3_000;

function asking({ n, tenant, key }: Story, path: string, what: string): Parcel {
  return {
    ...{ client: n, tenant, method: 'POST', path },
    name: `${n}-${what}`,
    key: `${key}-${what}`,
    timeoutMs: TIMEOUT_MS,
  };
}
