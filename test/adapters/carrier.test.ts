/**
 * The carrier adapter against its stand-in, over HTTP. What it has in common with every carrier is in
 * test/contract/carrier.test.ts.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Carrier } from '../../src/activities/ports.ts';
import { createCarrier } from '../../src/adapters/carrier/index.ts';
import { startCarrier } from '../../src/counterparties/carrier/carrier.ts';
import { portOf, type StandIn } from '../../src/counterparties/server.ts';
import { Refusal, Unavailable } from '../../src/domain/wrong.ts';
import { isBug } from '../support/bug.ts';
import {
  clearFaults,
  effectsOf,
  faultReport,
  setFaults,
  temporaryDirectory,
} from '../support/stand-ins.ts';

const call = { timeoutMs: 5_000 };
const address = {
  name: 'Ada',
  line1: 'Main St 1',
  city: 'Ghent',
  postalCode: '9000',
  country: 'BE',
};
const shipment = { requestId: 'req-1', address, lines: [{ sku: 'mug', quantity: 2 }] };

describe('the carrier adapter', () => {
  const path = temporaryDirectory();
  let standIn: StandIn;
  let carrier: Carrier;
  let orders = 0;
  let order = '';
  before(async () => {
    standIn = await startCarrier({ bookFile: path('carrier') });
    carrier = createCarrier({ baseUrl: standIn.url });
  });
  beforeEach(() => {
    order = `ord_sh${String((orders += 1))}`;
  });
  afterEach(() => clearFaults(standIn.url));
  after(() => standIn.close());

  const ship = (timeoutMs = call.timeoutMs) =>
    carrier.requestShipment({ reference: order, ...shipment }, { timeoutMs });
  const cancel = (timeoutMs = call.timeoutMs) => carrier.cancelShipment(order, { timeoutMs });

  it('escapes the reference', async () => {
    const reference = 'ord_x/../y?z';
    assert.ok((await carrier.requestShipment({ reference, ...shipment }, call)).trackingNumber);
  });

  it('refuses when the fault plan has the carrier refuse', async () => {
    await setFaults(standIn.url, { request: { fault: 'decline', orderId: order } });
    await assert.rejects(ship(), Refusal);
  });

  const operations = { request: ship, cancel };
  for (const [operation, act] of Object.entries(operations)) {
    for (const fault of ['fail-before', 'hang', 'fail-after-effect'] as const) {
      it(`is unavailable when ${operation} meets ${fault}, and right the next time`, async () => {
        await setFaults(standIn.url, { [operation]: { fault, times: 1, orderId: order } });
        await assert.rejects(act(fault === 'hang' ? 50 : call.timeoutMs), Unavailable);
        const done = fault === 'fail-after-effect' ? 1 : 0;
        assert.equal((await effectsOf(standIn.url, order)).length, done);
        assert.equal((await faultReport(standIn.url)).faults[operation]?.[0]?.hits, 1, 'sent once');
        await act();
        assert.equal((await effectsOf(standIn.url, order)).length, 1);
      });
    }
  }

  it('is unavailable when nobody listens', async () => {
    const closed = await startCarrier({ bookFile: path('closed') });
    await closed.close();
    const gone = createCarrier({ baseUrl: closed.url });
    await assert.rejects(gone.cancelShipment(order, call), Unavailable);
  });

  const strange: [string, number, string, 'bug' | 'unavailable'][] = [
    ['an internal error', 500, '{}', 'unavailable'],
    ['a rate limit', 429, '{}', 'unavailable'],
    ['a reference that is just being asked for', 409, '{"code":"locked"}', 'unavailable'],
    ['half an answer', 201, '{"reference":"ord_1"', 'unavailable'],
    ['an answer without a tracking number', 201, '{"reference":"ord_1"}', 'bug'],
    ['another reference', 201, '{"reference":"ord_2","trackingNumber":"T"}', 'bug'],
    ['a refusal of something else', 422, '{"code":"closed","detail":"-"}', 'bug'],
    ['a redirect', 302, '', 'bug'],
    ['a missing credential', 401, '{}', 'bug'],
  ];
  for (const [what, status, body, kind] of strange) {
    it(`takes ${what} for ${kind === 'bug' ? 'a bug' : 'unavailable'}`, async () => {
      const server = createServer((_request, response) => {
        response.writeHead(status, { location: '/elsewhere' }).end(body);
      });
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const odd = createCarrier({ baseUrl: `http://127.0.0.1:${portOf(server)}/api` });
      const asked = odd.requestShipment({ reference: 'ord_1', ...shipment }, call);
      await assert.rejects(asked, kind === 'bug' ? isBug(/requestShipment/) : Unavailable);
      server.closeAllConnections();
      server.close();
    });
  }
});
