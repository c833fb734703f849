/** What can be done to the books of an order that is captured at shipment. */
import type { NewShipment } from '../../../src/api/shipment-ports.ts';
import { TENANT } from '../../support/shop.ts';
import type { Scene } from './scene.ts';
import type { Side } from './sides.ts';

type Do = (side: Side, scene: Scene, choice: number) => Promise<unknown>;

const NEVER = new Date('2100-01-01');
const LONG_AGO = new Date('2000-01-01');

export const ON_SHIPMENTS = {
  captureLater: async ({ later, store }, { id }) => {
    // An order has its policy from when it is placed.
    if ((await store.find(TENANT, id))?.status === 'accepted') await later(id);
  },
  async askToShip({ shipments, store }, { cast, id, claim }, choice) {
    const ask = claim(`POST /v1/orders/${id}/shipments`, choice);
    const before = (await store.find(TENANT, id))?.shipments?.length ?? 0;
    const name = { id: `shp_${id.slice(4)}${before}`, requestId: 'req_ship' } as const;
    const { state } = await shipments.request(ask, id, { ...name, ...wantedOf(cast.skus, choice) });
    return state;
  },
  noteTerms: held(({ book }, { intent, id }, choice) =>
    book.noteTerms(id, choice === 7 ? 'pi_another' : intent.id, {
      before: choice % 5 === 4 ? LONG_AGO : NEVER,
      inParts: choice % 7 !== 6,
    }),
  ),
  nextShipment: held(async (side, { id }, choice) =>
    timeless(await side.book.nextShipment(id, (await momentOf(side, id, choice)).number, 0)),
  ),
  beginRenewal: held(({ book }, { id }) => book.beginRenewal(id)),
  recordOldHold: held(({ book }, { id }) => book.recordOldHold(id)),
  commitRenewal: held(({ book }, { id }) => book.commitRenewal(id, `pi_${id}_renewed`)),
  recordRenewal: held(({ book }, { id, intent }) => book.recordRenewal(id, intent)),
  recordRenewalDeclined: held(({ book }, { id }) =>
    book.recordRenewalDeclined(id, 'canceled', 'No money left.'),
  ),
  beginPart: parcel(async ({ book }, { id, number }) =>
    timeless(await book.beginPart(id, number, 0)),
  ),
  recordPart: parcel(({ book }, { id, number }) => book.recordPart(id, number, `MG-${id}`)),
  recordPartRefused: parcel(({ book }, { id, number }, choice) => {
    const code = choice % 2 === 0 ? 'address-refused' : 'payment-declined';
    return book.recordPartRefused(id, number, code, 'No.');
  }),
  beginPartUndo: parcel(({ book }, { id }) => book.beginPartUndo(id)),
  recordPartUndo: parcel(({ book }, { id }) => book.recordPartUndo(id)),
  beginPartCapture: parcel(({ book }, { id, number }) => book.beginPartCapture(id, number)),
  recordPartCapture: parcel(({ book }, { id, number, total, intent }) =>
    book.recordPartCapture(id, number, { ...intent, capturedMinor: total }),
  ),
  recordPartCaptureRefused: parcel(({ book }, { id, number }) =>
    book.recordPartCaptureRefused(id, number),
  ),
  beginPartRecall: parcel(({ book }, { id, number }) => book.beginPartRecall(id, number)),
  recordPartRecall: parcel(({ book }, { id, number }) => book.recordPartRecall(id, number)),
  beginRelease: held(({ book }, { id }) => book.beginRelease(id)),
  recordRelease: held(({ book }, { id }) => book.recordRelease(id)),
} satisfies Record<string, Do>;

const HELD: readonly unknown[] = ['authorized', 'paid', 'shipped', 'completed'];

/** What no run would do to an order that waits for nothing is not asked: there are no rules for it. */
function held(act: Do): Do {
  return async (side, scene, choice) => {
    const order = await side.store.find(TENANT, scene.id);
    const isHeld = HELD.includes(order?.status) && (await side.isLater(scene.id));
    return isHeld ? act(side, scene, choice) : 'not held';
  };
}

type DoParcel = (
  side: Side,
  parcel: Scene & Awaited<ReturnType<typeof momentOf>>,
  choice: number,
) => Promise<unknown>;

/** The same, of a shipment that was asked for. */
function parcel(act: DoParcel): Do {
  return held(async (side, scene, choice) => {
    const moment = await momentOf(side, scene.id, choice);
    return moment.isAsked ? act(side, { ...scene, ...moment }, choice) : 'not asked for';
  });
}

const WANTED: readonly ((skus: readonly [string, string]) => Pick<NewShipment, 'lines'>)[] = [
  ([cup]) => ({ lines: [{ sku: cup, quantity: 1 }] }),
  () => ({}),
  ([, mug]) => ({ lines: [{ sku: mug, quantity: 1 }] }),
  ([cup]) => ({ lines: [{ sku: cup, quantity: 9 }] }),
  ([cup, mug]) => ({ lines: [cup, mug, cup].map((sku) => ({ sku, quantity: 1 })) }),
  () => ({ lines: [{ sku: 'nobody sells this', quantity: 1 }] }),
];

function wantedOf(skus: readonly [string, string], choice: number): Pick<NewShipment, 'lines'> {
  return WANTED[choice % WANTED.length]?.(skus) ?? {};
}

/** The shipment that it is about: the one under way, or a first one again; and all that is captured with it. */
async function momentOf({ store }: Side, id: Scene['id'], choice: number) {
  const order = await store.find(TENANT, id);
  const shipments = order?.shipments ?? [];
  const open = shipments.findIndex(({ status }) => status === 'requested');
  const at = choice % 8 === 7 ? 0 : open === -1 ? shipments.length : open;
  const share = BigInt(shipments[at]?.amount.value ?? 0);
  const isAsked = at < shipments.length;
  return { isAsked, number: at + 1, total: BigInt(order?.payment.captured ?? 0) + share };
}

/** How long there is left is the clock's word, and each side has its own. */
function timeless(begun: unknown): unknown {
  const text = JSON.stringify(begun, (key, value: unknown) =>
    key === 'waitMs' ? Number(value) > 0 : value,
  );
  return JSON.parse(text);
}
