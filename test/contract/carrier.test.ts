/** What every carrier has to do, asked of the one in memory and of the stand-in behind the adapter. */
import assert from 'node:assert/strict';
import type { Carrier } from '../../src/activities/ports.ts';
import { createCarrier } from '../../src/adapters/carrier/index.ts';
import { REFUSED_POSTAL_CODE, startCarrier } from '../../src/counterparties/carrier/carrier.ts';
import type { StandIn } from '../../src/counterparties/server.ts';
import { Refusal } from '../../src/domain/wrong.ts';
import { createMemoryCarrier } from '../simulation/memory/carrier.ts';
import { isBug } from '../support/bug.ts';
import { effectsOf, temporaryDirectory } from '../support/stand-ins.ts';

interface CarrierSide {
  readonly carrier: Carrier;
  /** From the carrier's own book. */
  readonly effects: (orderId: string) => Promise<readonly unknown[]>;
}

const call = { timeoutMs: 5_000 };
const address = {
  name: 'Ada',
  line1: 'Main St 1',
  city: 'Ghent',
  postalCode: '9000',
  country: 'BE',
};
const shipment = { requestId: 'req-1', address, lines: [{ sku: 'mug', quantity: 2 }] };
const nowhere = { ...shipment, address: { ...address, postalCode: REFUSED_POSTAL_CODE } };

/** To be called inside a describe block; gives a side once the tests run. */
const CARRIERS: Readonly<Record<string, () => () => CarrierSide>> = {
  'in memory': () => memorySide,
  'over its adapter': standInSide,
};

function memorySide(): CarrierSide {
  const carrier = createMemoryCarrier({ now: Date.now });
  const effects = (orderId: string) =>
    carrier.lines.flatMap((line) =>
      line.kind === 'effect' && line.orderId === orderId ? [line.effect] : [],
    );
  return { carrier, effects: (orderId) => Promise.resolve(effects(orderId)) };
}

function standInSide(): () => CarrierSide {
  const path = temporaryDirectory();
  let standIn: StandIn;
  before(async () => {
    standIn = await startCarrier({ bookFile: path('carrier') });
  });
  after(() => standIn.close());
  return () => ({
    carrier: createCarrier({ baseUrl: standIn.url }),
    effects: (orderId) => effectsOf(standIn.url, orderId),
  });
}

for (const [where, prepare] of Object.entries(CARRIERS)) {
  describe(`a carrier ${where}`, () => {
    const side = prepare();
    let orders = 0;
    const scene = () => {
      const { carrier, effects } = side();
      const reference = `ord_cc${(orders += 1)}`;
      return {
        ship: (what = shipment) => carrier.requestShipment({ reference, ...what }, call),
        cancel: () => carrier.cancelShipment(reference, call),
        effects: () => effects(reference),
      };
    };

    it('ships once, and learns the same tracking number again', async () => {
      const { ship, effects } = scene();
      assert.deepEqual(await ship(), await ship());
      assert.deepEqual(await effects(), ['shipped']);
    });

    it('gives each shipment a tracking number of its own', async () => {
      const { carrier } = side();
      const numbers = ['ord_one', 'ord_two'].map((reference) =>
        carrier.requestShipment({ reference, ...shipment }, call),
      );
      assert.equal(new Set((await Promise.all(numbers)).map((one) => one.trackingNumber)).size, 2);
    });

    it('refuses an address that the carrier refuses, as often as it is asked', async () => {
      const { ship, effects } = scene();
      const isRefused = (error: unknown) => {
        assert.ok(error instanceof Refusal);
        assert.equal(error.code, 'address-refused');
        assert.match(error.message, /does not deliver/);
        return true;
      };
      await assert.rejects(ship(nowhere), isRefused);
      await assert.rejects(ship(nowhere), isRefused);
      assert.deepEqual(await effects(), ['refused']);
    });

    it('takes another shipment under the same reference for a bug', async () => {
      const { ship, effects } = scene();
      await ship();
      await assert.rejects(ship({ ...shipment, requestId: 'req-2' }), isBug(/status 409/));
      await assert.rejects(ship(nowhere), isBug(/status 409/));
      assert.deepEqual(await effects(), ['shipped']);
    });

    it('calls back what was shipped, once', async () => {
      const { ship, cancel, effects } = scene();
      await ship();
      await cancel();
      await cancel();
      assert.deepEqual(await effects(), ['shipped', 'cancelled']);
    });

    it('leaves a tombstone where there was no shipment, or a refused one', async () => {
      const [never, refused] = [scene(), scene()];
      await never.cancel();
      await never.cancel();
      assert.deepEqual(await never.effects(), ['tombstone']);
      await assert.rejects(refused.ship(nowhere), Refusal);
      await refused.cancel();
      assert.deepEqual(await refused.effects(), ['refused', 'tombstone']);
    });

    it('takes a request after the call-back for a bug, and ships nothing', async () => {
      const [shipped, never] = [scene(), scene()];
      await shipped.ship();
      for (const { cancel, ship } of [shipped, never]) {
        await cancel();
        await assert.rejects(ship(), isBug(/requestShipment: status 410/));
      }
      assert.deepEqual(await never.effects(), ['tombstone']);
    });
  });
}
